// Draws openapi.json and asyncapi.json. Every text becomes a text node; nothing else is fetched.

// An element with attributes and children; strings become text.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const code = (text) => make('code', {}, text);

// Nodes of a text; what stands between backquotes is code.
const prose = (text) => text.split('`').map((part, n) => n % 2 ? code(part) : part);

// Cells are texts or nodes. A column without a single word is left out.
function table(caption, columns, rows) {
  if (rows.length === 0) return '';
  const used = columns.map((_, n) => rows.some((row) => row[n] !== ''));
  const cells = (row, tag, attributes) => row.filter((_, n) => used[n])
    .map((cell) => make(tag, attributes, ...(typeof cell === 'string' ? prose(cell) : [cell])));
  return make('table', {},
    ...(caption ? [make('caption', {}, caption)] : []),
    make('thead', {}, make('tr', {}, ...cells(columns, 'th', { scope: 'col' }))),
    make('tbody', {}, ...rows.map((row) => make('tr', {}, ...cells(row, 'td', {})))));
}

function entry(id, title, ...parts) {
  document.getElementById('contents').append(make('li', {}, make('a', { href: `#${id}` }, title)));
  return make('article', { id }, ...parts);
}

// What a schema asks, in few words.
function shape(schema = {}) {
  if (schema.$ref) return schema.$ref.split('/').at(-1);
  if (schema.oneOf) return schema.oneOf.map(shape).join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const type = [schema.type ?? 'any'].flat().join(' or ');
  if (schema.maxLength) return `${type}, at most ${schema.maxLength} bytes`;
  if (schema.maximum !== undefined) return `${type}, ${schema.minimum} to ${schema.maximum}`;
  return type;
}

function fields(schema, caption) {
  const required = new Set(schema.required ?? []);
  return table(caption, ['Field', 'Is', 'What'], Object.entries(schema.properties ?? {}).map(([name, field]) =>
    [code(name), `${shape(field)}${required.has(name) ? ', required' : ''}`, field.description ?? '']));
}

function operation(path, method, spec, schemas) {
  const title = `${method.toUpperCase()} ${path}`;
  const body = spec.requestBody?.content['application/json'].schema;
  const ways = (spec.security ?? []).flatMap((way) => Object.keys(way));
  const named = new Set(Object.values(spec.responses)
    .flatMap((reply) => Object.values(reply.content ?? {}))
    .map((content) => content.schema?.$ref?.split('/').at(-1))
    .filter((name) => name && name !== 'Problem'));
  return entry(spec.operationId, title,
    make('h3', {}, make('span', { class: 'verb' }, method.toUpperCase()), ` ${path}`),
    make('p', {}, ...prose(spec.summary)),
    ways.length ? make('p', { class: 'note' }, `With a ${ways.join(' or a ')}.`) : '',
    table('Parameters', ['Name', 'In', 'Is', 'What'], (spec.parameters ?? []).map((one) =>
      [code(one.name), one.in, `${shape(one.schema)}${one.required ? ', required' : ''}`, one.description])),
    body ? fields(body, 'Body (application/json)') : '',
    table('Answers', ['Status', 'What', 'As'], Object.entries(spec.responses).map(([status, reply]) =>
      [status === 'default' ? 'else' : status, reply.description, Object.keys(reply.content ?? {}).join(', ')])),
    ...[...named].map((name) => fields(schemas[name], name)));
}

function frame(message) {
  return [
    make('p', {}, code(message.name), ' ', ...prose(message.summary)),
    fields(message.payload, ''),
    ...(message.examples ?? []).map((one) => make('pre', {}, JSON.stringify(one.payload))),
  ];
}

function channel(key, spec, operations, messages) {
  const side = (action) => Object.values(operations)
    .filter((one) => one.action === action && one.channel.$ref === `#/channels/${key}`)
    .flatMap((one) => one.messages)
    .map((one) => messages[one.$ref.split('/').at(-1)]);
  const list = (title, all) => make('details', {}, make('summary', {}, `${title} (${all.length})`), ...all.flatMap(frame));
  return entry(`route-${key}`, `WS ${spec.address}`,
    make('h3', {}, make('span', { class: 'verb' }, 'WS'), ` ${spec.address}`),
    make('p', {}, code(spec.title), ' ', ...prose(spec.description)),
    list('Clients send', side('receive')),
    list('The server sends', side('send')));
}

async function read(path) {
  const answer = await fetch(path, { credentials: 'omit' });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function draw() {
  const [http, sockets] = await Promise.all([read('/openapi.json'), read('/asyncapi.json')]);
  document.getElementById('http-about').append(...prose(http.info.description));
  for (const [path, methods] of Object.entries(http.paths)) {
    for (const [method, spec] of Object.entries(methods)) {
      document.getElementById('http').append(operation(path, method, spec, http.components.schemas));
    }
  }
  document.getElementById('sockets-about').append(...prose(sockets.info.description));
  for (const [key, spec] of Object.entries(sockets.channels)) {
    document.getElementById('sockets').append(
      channel(key, spec, sockets.operations, sockets.components.messages));
  }
  document.getElementById('http').hidden = document.getElementById('sockets').hidden = false;
  document.getElementById('state').textContent = `This is ${http.info.version}.`;
}

draw().catch((error) => {
  document.getElementById('state').textContent = `The documents cannot be read: ${error.message}`;
});
