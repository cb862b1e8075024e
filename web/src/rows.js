// Narrows a table to the rows that contain what is typed. It hides rows that
// are already on the page and asks the server nothing; the page's own filters
// and paging are the way without scripts.
//
//   <div class="lantern-rows" data-rows="table-id" data-rows-said="{shown} of {all} rows shown" hidden>
//     <label class="govuk-label" for="rows-1">Show rows that contain</label>
//     <input class="govuk-input govuk-input--width-20" id="rows-1" type="search" autocomplete="off">
//     <p class="lantern-rows__said" role="status"></p>
//   </div>

export function filterRows(root) {
  root.querySelectorAll("[data-rows]").forEach((box) => {
    const table = document.getElementById(box.dataset.rows);
    const input = box.querySelector("input");
    const said = box.querySelector("[role=status]");
    if (!table || !input) return;
    const rows = Array.from(table.tBodies).flatMap((body) => Array.from(body.rows));
    const texts = rows.map((row) => fold(row.textContent));
    box.hidden = false;
    input.addEventListener("input", () => {
      const words = fold(input.value).split(" ").filter(Boolean);
      let shown = 0;
      rows.forEach((row, i) => {
        row.hidden = !words.every((word) => texts[i].includes(word));
        if (!row.hidden) shown++;
      });
      if (said) {
        said.textContent = words.length
          ? (box.dataset.rowsSaid || "{shown} / {all}").replace("{shown}", shown).replace("{all}", rows.length)
          : "";
      }
    });
  });
}

// fold lets "ana" find "Ána": names are typed without their accents.
function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
}
