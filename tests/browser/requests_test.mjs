// What the page's forms ask the clinical plugins, under Node.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { diagnosisOf, prescriptionOf } from '../../tools/pages/chat/requests.mjs';

test('an assessment has what was written, and nothing for what was not', () => {
  const { type, data, text } = diagnosisOf({ symptoms: 'sore throat: 3 days\n\n fever ', absent: 'cough', age: '34', sex: '',
                                             temperature: '101.3 F', heart_rate: '96', blood_pressure: '125/80', allergies: '',
                                             medications: 'none', conditions: 'asthma, eczema' });
  assert.equal(type, 'diagnosis');
  assert.deepEqual(data, {
    symptoms: [{ name: 'sore throat', duration: '3 days' }, { name: 'fever' }, { name: 'cough', absent: true }],
    vitals: { temperature: '101.3 F', heart_rate: 96, blood_pressure: '125/80' },
    history: { age: 34, conditions: ['asthma', 'eczema'], medications: [] },
  });
  assert.equal(text, 'Assessment: sore throat, fever, no cough');
});

test('a prescription tells “none” from not stated', () => {
  const { data, text } = prescriptionOf({ diagnosis: ' gout ', age: '8 months', sex: 'male', weight: '70', allergies: 'none', medications: '' });
  assert.deepEqual(data, { diagnosis: 'gout', patient_info: { age: '8 months', sex: 'male', weight: 70 }, allergies: [] });
  assert.equal(text, 'Prescription proposal: gout');
});
