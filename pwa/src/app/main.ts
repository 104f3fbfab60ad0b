import { ErrorSummary } from "../components/error-summary.ts";
import { LanguageSwitch } from "../components/language-switch.ts";
import { LimitFields } from "../components/limit-fields.ts";
import { PlaceField } from "../components/place-field.ts";
import { ProfileChoice } from "../components/profile-choice.ts";
import { RouteAnswer } from "../components/route-answer.ts";
import { RouteForm } from "../components/route-form.ts";
import { UnknownsChoice } from "../components/unknowns-choice.ts";
import { WayfinderApp } from "../components/wayfinder-app.ts";

customElements.define("ww-error-summary", ErrorSummary);
customElements.define("ww-language-switch", LanguageSwitch);
customElements.define("ww-limit-fields", LimitFields);
customElements.define("ww-place-field", PlaceField);
customElements.define("ww-profile-choice", ProfileChoice);
customElements.define("ww-route-answer", RouteAnswer);
customElements.define("ww-unknowns-choice", UnknownsChoice);
customElements.define("ww-route-form", RouteForm);
customElements.define("ww-app", WayfinderApp);
