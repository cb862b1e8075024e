// Keeps what somebody is typing on the server, so that nothing is lost to a
// closed lid, a lost connection or a sign-out.
//
//   <form method="post" data-draft="/drafts/ab12"
//         data-draft-saved="Saved {time}" data-draft-saving="Saving"
//         data-draft-failed="Not saved yet. We will keep trying."
//         data-draft-stopped="Not saved: sign in again in another tab.">
//     …
//     <p class="lantern-draft" data-draft-status role="status"></p>
//   </form>
//
// The form's own fields (files and passwords excepted) are posted as they
// stand. The server answers 200 with {"saved": "10:42"}; 401, 403, 404, 409
// and 410 stop the saving and show the last message.

const PAUSE = 1500; // milliseconds of quiet before saving
const LONGEST = 10000; // saved this often while somebody types without a pause
const RETRY = 15000;
const STOPS = [401, 403, 404, 409, 410];

export function keepDrafts(root) {
  root.querySelectorAll("form[data-draft]").forEach((form) => new Draft(form));
}

class Draft {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-draft-status]");
    this.saved = this.fields();
    this.timer = 0;
    this.since = 0;
    this.busy = false;
    this.stopped = false;
    form.addEventListener("input", () => this.typed());
    form.addEventListener("change", () => this.typed());
    form.addEventListener("submit", () => {
      this.stopped = true; // the form itself now carries everything
      clearTimeout(this.timer);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.save(true);
    });
  }

  // fields is the form as it would be posted, without what must not be kept.
  fields() {
    const out = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      const field = this.form.elements.namedItem(name);
      if (typeof value === "string" && !(field && field.type === "password")) out.append(name, value);
    }
    return out.toString();
  }

  typed() {
    if (this.stopped) return;
    const now = Date.now();
    if (!this.since) this.since = now;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(false), Math.max(0, Math.min(PAUSE, this.since + LONGEST - now)));
  }

  async save(leaving) {
    clearTimeout(this.timer);
    const fields = this.fields();
    if (this.stopped || fields === this.saved) {
      this.since = 0;
      return;
    }
    if (this.busy && !leaving) {
      this.timer = setTimeout(() => this.save(false), PAUSE);
      return;
    }
    this.busy = true;
    this.since = 0;
    this.say("saving");
    try {
      const response = await fetch(this.form.dataset.draft, {
        method: "POST",
        body: new URLSearchParams(fields),
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        redirect: "error", // a redirect is a sign-in page, not a saved draft
        keepalive: leaving && fields.length < 60000, // the browser's own limit is 64 KiB
      });
      if (STOPS.includes(response.status)) {
        this.stopped = true;
        this.say("stopped");
        return;
      }
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      this.saved = fields;
      this.say("saved", answer.saved);
    } catch {
      this.say("failed");
      this.timer = setTimeout(() => this.save(false), RETRY);
    } finally {
      this.busy = false;
    }
  }

  // say changes the status only when its words change, since it is read aloud;
  // "saving" passes too quickly to be worth reading.
  say(what, time) {
    const key = "draft" + what[0].toUpperCase() + what.slice(1);
    const words = (this.form.dataset[key] || "").replace("{time}", time || "");
    if (!this.status || !words) return;
    this.form.dataset.draftState = what;
    if (what !== "saving" && this.status.textContent !== words) this.status.textContent = words;
  }
}
