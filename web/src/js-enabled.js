// Runs at once at the start of <body>, before anything is drawn, so that parts
// which need scripts are never shown to a browser without them. The design
// systems' components look for these two names.
document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported");
}
