// The dialog with the forms for an assessment and a prescription proposal.
import { byId } from './dom.mjs';
import { diagnosisOf, prescriptionOf } from './requests.mjs';

const kForms = { diagnosis: diagnosisOf, prescription: prescriptionOf };

export class FormView {
  // send({type, data, text}) -> bool
  constructor(send) {
    const dialog = byId('forms');
    byId('forms-open').addEventListener('click', () => dialog.showModal());
    byId('forms-close').addEventListener('click', () => dialog.close());
    for (const choice of dialog.querySelectorAll('input[name=form]')) {
      choice.addEventListener('change', () => this.#choose(choice.value));
    }
    for (const [name, requestOf] of Object.entries(kForms)) {
      byId(name).addEventListener('submit', (event) => {
        event.preventDefault();
        if (!send(requestOf(Object.fromEntries(new FormData(event.target))))) return;
        event.target.reset();
        dialog.close();
      });
    }
    this.#choose('diagnosis');
  }

  #choose(chosen) {
    for (const name of Object.keys(kForms)) byId(name).hidden = name !== chosen;
  }
}
