// Work that reports as it goes (`diagnosis`, `prescription`): stages with what each found, how far
// it is, and the result. Without DOM.

const kEvents = new Set(['progress', 'stream_chunk', 'complete']);
const kTitles = new Map([
  ...['symptoms_analysis', 'vitals_evaluation', 'history_review', 'differential_diagnosis', 'primary_diagnosis']
    .map((stage) => [stage, 'Assessment']),
  ...['allergy_check', 'medication_selection', 'interaction_check', 'monitoring_advice', 'finalization']
    .map((stage) => [stage, 'Prescription proposal']),
]);
const kChunksMax = 200; // of all stages; the result has what counts

export function isReportEvent(type) {
  return kEvents.has(type);
}

export class Report {
  kind = 'report';
  title = 'Report';
  stages = []; // {stage, message, chunks}
  progress = 0;
  result = null;
  finish = null;

  constructor({ cause, at } = {}) {
    Object.assign(this, { cause, at });
  }

  get stage() { return this.stages.at(-1); }

  apply(type, data) {
    if (type === 'progress') this.#progressed(data);
    else if (type === 'stream_chunk') this.#found(data.content);
    else Object.assign(this, { result: data.result ?? {}, finish: 'stop', progress: 100 });
  }

  #progressed({ stage, progress, message }) {
    this.title = kTitles.get(stage) ?? this.title;
    if (Number.isFinite(progress)) this.progress = Math.min(100, Math.max(this.progress, progress));
    if (stage === 'complete') return;
    const known = this.stages.find((one) => one.stage === stage);
    if (known) known.message = message;
    else this.stages.push({ stage, message, chunks: [] });
  }

  #found(content) {
    if (this.stages.length === 0) this.stages.push({ stage: 'start', message: '', chunks: [] });
    const count = this.stages.reduce((sum, { chunks }) => sum + chunks.length, 0);
    if (count < kChunksMax) this.stage.chunks.push(content);
  }
}
