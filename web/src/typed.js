// Shows what the partnership means by a word while it is being typed. Without
// scripts the page after the form says the same.
//
//   <main data-typed="/definitions.json" data-typed-said="Here “{word}” means:">

export function explainTyped(root) {
  const main = root.querySelector("[data-typed]");
  if (!main) return;
  const fields = main.querySelectorAll('form[method="post"] textarea, form[method="post"] input[type="text"]');
  if (!fields.length) return;
  let meanings = null;
  const load = () => {
    meanings ??= fetch(main.dataset.typed, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : []))
      .then(prepare)
      .catch(() => []);
    return meanings;
  };
  fields.forEach((field) => {
    let box = null;
    let timer = 0;
    const look = async () => {
      const found = find(field.value, await load());
      if (!found.length && !box) return;
      if (!box) {
        box = document.createElement("div");
        box.className = "lantern-typed";
        box.setAttribute("role", "status");
        field.insertAdjacentElement("afterend", box);
      }
      const key = found.map((each) => each.meaning.cite).join();
      if (box.dataset.key === key) return;
      box.dataset.key = key;
      box.hidden = !found.length;
      box.replaceChildren(...found.flatMap((each) => show(each, main.dataset.typedSaid)));
    };
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(look, 300);
    });
  });
}

function show({ word, meaning }, said) {
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    element.className = name;
    element.textContent = text;
    return element;
  };
  const cite = make("p", "lantern-typed__cite", "");
  const link = make("a", "govuk-link", meaning.cite);
  link.href = meaning.href;
  cite.append(link, meaning.standing ? " " + meaning.standing : "");
  return [
    make("p", "lantern-typed__word", said.replace("{word}", word)),
    make("blockquote", "lantern-typed__meaning", meaning.wording),
    cite,
  ];
}

function prepare(list) {
  return list
    .flatMap((meaning) => meaning.words.map((word) => ({ word, plain: plain(word), meaning })))
    .filter((each) => each.plain)
    .sort((a, b) => b.plain.length - a.plain.length);
}

// find is the server's rule: whole words, a longer word before a shorter one
// that it holds, each meaning once.
function find(text, words) {
  let padded = ` ${plain(text)} `;
  const out = [];
  words.forEach((each) => {
    const word = ` ${each.plain} `;
    if (!padded.includes(word)) return;
    padded = padded.replaceAll(word, " | ");
    if (!out.some((had) => had.meaning.cite === each.meaning.cite)) out.push(each);
  });
  return out;
}

function plain(text) {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) || []).join(" ");
}
