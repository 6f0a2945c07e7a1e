// What makes pages kinder where scripts run; everything works without.
import {
  Button,
  CharacterCount,
  ErrorSummary,
  NotificationBanner,
  PasswordInput,
  Radios,
  ServiceNavigation,
  createAll,
} from "./govuk.js";

// Whoever runs a module runs these too.
document.body.classList.add("js-enabled", "govuk-frontend-supported");
createAll(Button, { preventDoubleClick: true });
for (const component of [
  CharacterCount,
  ErrorSummary,
  NotificationBanner,
  PasswordInput,
  Radios,
  ServiceNavigation,
]) {
  createAll(component);
}

// While a contract is being checked, ask every three seconds whether it is done, and say so. After
// three minutes, or where the answer is none of ours, the page says again to load it anew.
for (const waiting of document.querySelectorAll("[data-checking]")) {
  const advice = waiting.querySelector(".bw-noscript");
  let left = 60;
  const ask = async () => {
    const answer = await fetch(waiting.dataset.checking).catch(() => null);
    const found = answer?.ok ? await answer.json().catch(() => null) : { waiting: true };
    left -= 1;
    if (found === null || (found.waiting && left === 0)) {
      waiting.append(advice);
      return;
    }
    if (found.waiting) {
      setTimeout(ask, 3000);
      return;
    }
    const link = document.createElement("a");
    link.className = "govuk-link";
    link.href = found.url;
    link.textContent = "See its overruns";
    waiting.replaceChildren(`${found.words} `, link);
  };
  advice.remove();
  setTimeout(ask, 3000);
}

// While a file is looked at or imported, say every three seconds how far it is; when there is
// something new to see, show it. Where no answer comes, the page says again to load it anew.
for (const waiting of document.querySelectorAll("[data-renewing]")) {
  const advice = waiting.querySelector(".bw-noscript");
  const soFar = waiting.firstElementChild;
  const ask = async () => {
    const answer = await fetch(waiting.dataset.renewing).catch(() => null);
    const found = answer?.ok ? await answer.json().catch(() => null) : null;
    if (found === null) {
      waiting.append(advice);
    } else if (found.waiting) {
      if (soFar.textContent !== found.words) {
        soFar.textContent = found.words;
      }
      setTimeout(ask, 3000);
    } else {
      location.reload();
    }
  };
  advice.remove();
  setTimeout(ask, 3000);
}
