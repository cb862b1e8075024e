// Makes and uses passkeys (WebAuthn). Without it, or in a browser that has
// none, the forms stay hidden and every other way to sign in is there.
//
//   <form method="post" action="/sign-in/passkey" data-passkey="use|make"
//         data-passkey-options="/sign-in/passkey/options"
//         data-passkey-failed="No passkey was used." hidden>
//     <input type="hidden" name="answer">
//     <p role="alert" data-passkey-said hidden></p>
//     <button type="button" data-passkey-go hidden>Use a passkey</button>
//   </form>
//
// The button asks the server what to ask the browser, asks it, and posts the
// form with the browser's answer as JSON.

export function passkeys(root) {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  root.querySelectorAll("form[data-passkey]").forEach((form) => {
    const button = form.querySelector("[data-passkey-go]");
    if (!button) return;
    form.hidden = false;
    button.hidden = false;
    document.querySelectorAll("[data-passkey-without]").forEach((words) => (words.hidden = true));
    button.addEventListener("click", () => go(form, button));
    form.addEventListener("submit", (event) => {
      // Enter in a form that only the button can send.
      if (!form.querySelector("[type=submit]")) {
        event.preventDefault();
        go(form, button);
      }
    });
  });
}

async function go(form, button) {
  const said = form.querySelector("[data-passkey-said]");
  said.hidden = true;
  button.disabled = true;
  try {
    const response = await fetch(form.dataset.passkeyOptions, {
      method: "POST",
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "error", // a redirect is a page, not options
    });
    if (!response.ok) throw new Error(String(response.status));
    const { publicKey } = await response.json();
    const credential =
      form.dataset.passkey === "make"
        ? await navigator.credentials.create({ publicKey: fromJSON(publicKey) })
        : await navigator.credentials.get({ publicKey: fromJSON(publicKey) });
    form.elements.namedItem("answer").value = JSON.stringify(toJSON(credential));
    HTMLFormElement.prototype.submit.call(form);
  } catch {
    said.textContent = form.dataset.passkeyFailed || "";
    said.hidden = false;
    button.disabled = false;
  }
}

// The server writes bytes as base64url, the browser takes them as buffers.
// Newer browsers can translate by themselves; these lines do it in all.
function fromJSON(options) {
  const out = { ...options, challenge: bytes(options.challenge) };
  if (options.user) out.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) out[list] = options[list].map((c) => ({ ...c, id: bytes(c.id) }));
  }
  return out;
}

function toJSON(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment || undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

function bytes(base64url) {
  const plain = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

function text(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}
