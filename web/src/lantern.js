// What a page gains when scripts run. Nothing here is needed to finish a
// journey: every form posts and every list is complete without it.
import { createAll, initAll } from "govuk-frontend";
import {
  AddAnother,
  Alert,
  ButtonMenu,
  DatePicker,
  MultiSelect,
  PasswordReveal,
} from "@ministryofjustice/frontend";
import { keepDrafts } from "./draft.js";
import { filterRows } from "./rows.js";
import { solvePuzzles } from "./puzzle.js";
import { explainTyped } from "./typed.js";
import { passkeys } from "./passkey.js";
import { openForPrint, printButtons } from "./print.js";

initAll();
// The others are left out on purpose: sorting and searching are done by the
// server, and rich text is not stored.
for (const component of [AddAnother, Alert, ButtonMenu, DatePicker, MultiSelect, PasswordReveal]) {
  createAll(component);
}
keepDrafts(document);
filterRows(document);
explainTyped(document);
solvePuzzles(document);
passkeys(document);
printButtons(document);
openForPrint(window);

if (document.querySelector("[data-map]")) {
  // If this fails, the server's own drawing stays where it is.
  import("./map.js").then((maps) => maps.drawAll(document)).catch(() => {});
}
