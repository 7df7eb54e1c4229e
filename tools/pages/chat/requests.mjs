// What the forms ask the clinical plugins: fields as a person wrote them become the payload of a
// `diagnosis` or a `prescription`, and a line that says it in the conversation. Without DOM.

const kNone = /^(none|no|-)$/i;

// fields: {name: text}. What was left empty is not stated; "none" states that there is none.
export function diagnosisOf(fields) {
  const symptoms = [...lines(fields.symptoms).map(symptomOf),
                    ...lines(fields.absent).map((line) => ({ ...symptomOf(line), absent: true }))];
  const vitals = stated({
    temperature: measureOf(fields.temperature), heart_rate: measureOf(fields.heart_rate),
    blood_pressure: textOf(fields.blood_pressure), respiratory_rate: measureOf(fields.respiratory_rate),
    oxygen_saturation: measureOf(fields.oxygen_saturation),
  });
  const history = stated({ ...personOf(fields), conditions: listOf(fields.conditions),
                           medications: listOf(fields.medications), allergies: listOf(fields.allergies) });
  const names = symptoms.map(({ name, absent }) => (absent ? `no ${name}` : name));
  return { type: 'diagnosis', data: { symptoms, vitals, history }, text: `Assessment: ${names.join(', ')}` };
}

export function prescriptionOf(fields) {
  const diagnosis = textOf(fields.diagnosis) ?? '';
  const patient = stated({ ...personOf(fields), weight: measureOf(fields.weight) });
  const lists = stated({ allergies: listOf(fields.allergies), current_medications: listOf(fields.medications) });
  return { type: 'prescription', data: { diagnosis, patient_info: patient, ...lists },
           text: `Prescription proposal: ${diagnosis}` };
}

function personOf({ age, sex }) {
  return { age: measureOf(age), sex: textOf(sex) };
}

// "sore throat: 3 days"
function symptomOf(line) {
  const [name, duration] = line.split(':').map((part) => part.trim());
  return duration ? { name, duration } : { name };
}

function textOf(text) {
  return text?.trim() || undefined;
}

// A number where it is one; with a unit the server reads it.
function measureOf(text) {
  const given = textOf(text);
  return given !== undefined && /^\d+([.]\d+)?$/.test(given) ? Number(given) : given;
}

function lines(text) {
  return (text ?? '').split('\n').map((line) => line.trim()).filter(Boolean);
}

function listOf(text) {
  const given = textOf(text);
  if (given === undefined) return undefined;
  return kNone.test(given) ? [] : given.split(/[,\n]/).map((item) => item.trim()).filter(Boolean);
}

function stated(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
