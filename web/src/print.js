// A printed page has nothing to click, so what is folded away is opened first.

export function openForPrint(target) {
  let opened = [];
  target.addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach((details) => details.setAttribute("open", ""));
  });
  target.addEventListener("afterprint", () => {
    opened.forEach((details) => details.removeAttribute("open"));
    opened = [];
  });
}

// <button type="button" class="govuk-button govuk-button--secondary" data-print hidden>Print this page</button>
export function printButtons(root) {
  root.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
}
