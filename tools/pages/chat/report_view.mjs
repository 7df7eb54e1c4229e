// Draws a Report: a bar for how far it is, its stages with what each found as it comes, and the
// result. What the plugins put into their findings is theirs, so the drawing goes by shape: objects
// become terms and descriptions, lists become lists; a few names get a form of their own.
import { element, setText } from './dom.mjs';

const kHeadings = ['diagnosis', 'primary_diagnosis', 'medication', 'pair', 'what', 'name', 'finding', 'drug', 'input'];
const kShares = new Set(['probability', 'confidence']);
const kBadges = new Set(['urgency', 'severity', 'band', 'line', 'status']);
const kOrder = ['refer', 'no_medication', 'medications', 'differential', 'dose', 'route', 'frequency', 'duration', 'interactions', 'duplicates', 'interaction_statement', 'monitoring',
                'reasoning', 'for', 'against', 'recommended_tests'];
const kWords = new Map([['icd10', 'ICD-10'], ['lr', 'Likelihood ratio'], ['dont_miss', 'Not to be missed'],
                        ['kb_version', 'Knowledge base'], ['p', 'Probability']]);
const kUrgent = /^(emergency|immediate|urgent|severe|contraindicated|critical|high)/i;
const kUnsaid = new Set(['id', 'drug_id']); // for programs
const kReasons = ['for', 'against', 'prior']; // folded away
const kDepthMax = 5; // further in, JSON

export class ReportView {
  node = element('section', 'report');
  #title = element('h2'); #stage = element('p', 'stage'); #bar = element('progress'); #stages = element('ol', 'stages');
  #details = element('details'); #result = element('div', 'result'); #drawnChunks = new Map(); #finished = false;

  constructor() {
    this.#bar.max = 100;
    this.#details.append(element('summary', '', 'How it got there'), this.#stages);
    this.#details.open = true;
    const top = element('div', 'report-top');
    top.append(this.#title, this.#stage, this.#bar);
    this.node.append(top, this.#result, this.#details);
  }

  draw(report) {
    setText(this.#title, report.title);
    this.#bar.value = report.progress;
    this.#bar.setAttribute('aria-label', `${report.title}: ${stageText(report)}`);
    this.#bar.hidden = report.finish !== null;
    setText(this.#stage, report.finish ? '' : `${stageText(report)} · ${report.progress} %`);
    this.#stage.hidden = report.finish !== null;
    for (const stage of report.stages) this.#drawStage(stage, report);
    this.#details.hidden = report.stages.length === 0;
    this.#details.querySelector('summary').hidden = !report.result;
    if (report.result && !this.#finished) {
      this.#finished = true;
      this.#result.append(drawValue(report.result));
      this.#details.open = false;
    }
  }

  #drawStage(stage, report) {
    let drawn = this.#drawnChunks.get(stage.stage);
    if (!drawn) {
      const entry = element('li');
      const body = element('div', 'chunks');
      entry.append(element('p', 'stage-name'), body);
      drawn = { entry, body, count: 0 };
      this.#drawnChunks.set(stage.stage, drawn);
      this.#stages.append(entry);
    }
    drawn.entry.classList.toggle('done', report.finish === 'stop' || stage !== report.stage);
    setText(drawn.entry.firstChild, stage.message || words(stage.stage));
    for (; drawn.count < stage.chunks.length; ++drawn.count) drawn.body.append(drawValue(stage.chunks[drawn.count]));
  }
}

function stageText({ stage, title }) {
  return stage ? stage.message || words(stage.stage) : title;
}

function words(name) {
  if (kWords.has(name)) return kWords.get(name);
  const text = String(name).replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function isEmpty(value) {
  return value === null || value === undefined || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

function drawValue(value, depth = 0) {
  if (depth >= kDepthMax && typeof value === 'object') return element('span', '', JSON.stringify(value));
  if (Array.isArray(value)) return drawList(value, depth);
  if (value !== null && typeof value === 'object') return drawObject(value, depth);
  return element('span', '', typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value));
}

function drawList(values, depth) {
  if (values.length > 0 && values.every(isEvidence)) return drawEvidence(values);
  const list = element('ul', values.some((value) => typeof value === 'object') ? 'cards' : 'plain');
  for (const value of values) {
    const entry = element('li');
    entry.append(drawValue(value, depth + 1));
    list.append(entry);
  }
  return list;
}

function isEvidence(value) {
  return value !== null && typeof value === 'object' && 'finding' in value && 'lr' in value;
}

// A line each: what was found, how much it says, who says so.
function drawEvidence(values) {
  const list = element('ul', 'plain');
  for (const { finding, lr, source, status } of values) {
    const entry = element('li', '', `${finding}: likelihood ratio ${lr}${status === 'estimated' ? ', estimated' : ''}`);
    if (source) entry.append(element('span', 'source', ` ${source}`));
    list.append(entry);
  }
  return list;
}

// A heading out of what the thing is called, its shares and badges beside it, the rest below.
function drawObject(object, depth) {
  const box = element('div', 'thing');
  const heading = kHeadings.find((key) => typeof object[key] === 'string' || typeof object[key] === 'number'
                                       || (key === 'pair' && Array.isArray(object[key])));
  const top = element('p', 'thing-top');
  if (heading) top.append(element('strong', '', [object[heading]].flat().join(' + ')));
  const rest = element('dl');
  const reasons = element('dl');
  const small = element('p', 'small');
  for (const [key, value] of inOrder(object)) {
    if (key === heading || isEmpty(value) || kUnsaid.has(key) || (key === 'status' && value === 'verified')) continue;
    if (kShares.has(key) && typeof value === 'number' && value >= 0 && value <= 1) top.append(drawShare(key, value));
    else if (kBadges.has(key) && typeof value !== 'object') top.append(drawBadge(key, value));
    else if (key === 'dont_miss') top.append(...(value === true ? [element('span', 'badge high', words(key))] : []));
    else if (key === 'disclaimer') small.prepend(`${value} `);
    else if (key === 'kb_version') small.append(`${words(key)}: ${value}.`);
    else (kReasons.includes(key) ? reasons : rest).append(...described(key, value, depth));
  }
  for (const part of [top, rest]) if (part.childNodes.length > 0) box.append(part);
  if (reasons.childNodes.length > 0) {
    const why = element('details');
    why.append(element('summary', '', 'Why'), reasons);
    box.append(why);
  }
  if (small.childNodes.length > 0) box.append(small);
  return box;
}

// What matters most first; the rest as it came.
function inOrder(object) {
  const place = ([key]) => (kOrder.includes(key) ? kOrder.indexOf(key) : kOrder.length);
  return Object.entries(object).sort((a, b) => place(a) - place(b));
}

// Beside its name, or below it where it is more than a line.
function described(key, value, depth) {
  const shape = typeof value === 'object' ? 'below' : '';
  const description = element('dd', shape);
  description.append(drawValue(value, depth + 1));
  return [element('dt', shape, words(key)), description];
}

function drawShare(key, value) {
  const percent = Math.round(value * 100);
  const share = element('span', 'share');
  const meter = element('meter');
  Object.assign(meter, { min: 0, max: 1, value });
  meter.setAttribute('aria-label', words(key));
  if (key !== 'probability') share.append(`${key} `);
  share.append(meter, ` ${percent < 1 && value > 0 ? '< 1' : percent} %`);
  return share;
}

function drawBadge(key, value) {
  const badge = element('span', `badge${kUrgent.test(String(value)) ? ' high' : ''}`);
  badge.append(element('span', 'unseen', `${words(key)}: `), words(value));
  return badge;
}
