// Shows the API's OpenAPI document and lets the reader call it. No other site is asked for anything.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const NESTING_MAX = 6;
const TYPE_EXAMPLES = { string: "text", integer: 1, number: 1, boolean: true };
const FORMAT_EXAMPLES = {
  date: "2026-10-31", "date-time": "2026-10-31T09:30:00Z", uuid: "019a3c1e-7b2a-7f00-8000-000000000001",
};
const SHOWN_CHARACTERS_MAX = 100000;

/** Make an element; text never becomes markup. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Follow `$ref`; an unknown reference reads as an empty schema. */
function resolved(api, value) {
  let found = value ?? {};
  for (let hops = 0; found.$ref && hops < 10; hops += 1) {
    found = found.$ref.slice(2).split("/").reduce((part, key) => part?.[key], api) ?? {};
  }
  return found;
}

function withoutNull(variants) {
  return variants.filter((variant) => variant.type !== "null");
}

/** Name a schema's type in a few words, e.g. `array of Receipt`, `string (date) or null`. */
function typeName(api, schema) {
  if (!schema) return "any";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return variants.map((variant) => typeName(api, variant)).join(" or ");
  if (schema.allOf?.length === 1) return typeName(api, schema.allOf[0]);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `array of ${typeName(api, schema.items)}`;
  return schema.format ? `${schema.type} (${schema.format})` : String(schema.type ?? "any");
}

/** The object schema inside an array, a nullable or a reference, if there is one. */
function innerObject(api, schema) {
  const here = resolved(api, schema);
  if (here.properties) return here;
  const inner = here.items ?? withoutNull(here.anyOf ?? here.oneOf ?? [])[0] ?? here.allOf?.[0];
  return inner ? innerObject(api, inner) : null;
}

/** An example value: the documented one, or one made of the properties' own examples. */
function exampleOf(api, schema, depth = 0) {
  const here = resolved(api, schema);
  if (here.example !== undefined) return here.example;
  if (here.examples?.length) return here.examples[0];
  if (here.const !== undefined) return here.const;
  if (here.enum) return here.enum[0];
  if (here.default !== undefined) return here.default;
  const variants = here.anyOf ?? here.oneOf ?? here.allOf;
  if (variants) return exampleOf(api, withoutNull(variants)[0] ?? variants[0], depth);
  if (here.properties && depth < NESTING_MAX) {
    const entries = Object.entries(here.properties);
    return Object.fromEntries(entries.map(([name, property]) => [name, exampleOf(api, property, depth + 1)]));
  }
  if (here.type === "array") return depth < NESTING_MAX ? [exampleOf(api, here.items, depth + 1)] : [];
  return FORMAT_EXAMPLES[here.format] ?? TYPE_EXAMPLES[here.type] ?? null;
}

function mediaExample(api, media) {
  if (media.example !== undefined) return media.example;
  const named = Object.values(media.examples ?? {})[0];
  return named?.value ?? exampleOf(api, media.schema);
}

function limits(schema) {
  const words = { minimum: "≥", maximum: "≤", minLength: "length ≥", maxLength: "length ≤", pattern: "matches" };
  const parts = Object.entries(words).filter(([key]) => schema[key] !== undefined);
  return parts.map(([key, word]) => `${word} ${schema[key]}`).join(", ");
}

function fieldRows(api, schema, depth = 0, seen = []) {
  const object = innerObject(api, schema);
  if (!object || depth >= NESTING_MAX || seen.includes(object)) return [];
  const required = new Set(object.required ?? []);
  return Object.entries(object.properties).flatMap(([name, property]) => {
    const mark = required.has(name) ? { class: "required" } : {};
    const about = [resolved(api, property).description ?? property.description ?? "", limits(property)];
    const row = element(
      "tr", { class: "nested" },
      element("td", {}, "  ".repeat(depth), element("code", mark, name)),
      element("td", {}, typeName(api, property)),
      element("td", {}, about.filter(Boolean).join(" · ")),
    );
    return [row, ...fieldRows(api, property, depth + 1, [...seen, object])];
  });
}

function table(headings, rows) {
  const head = element("tr", {}, ...headings.map((heading) => element("th", {}, heading)));
  return element("div", { class: "wide" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

function shownJson(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return element("pre", {}, text.slice(0, SHOWN_CHARACTERS_MAX));
}

function parameterPart(api, parameters) {
  if (!parameters.length) return null;
  const rows = parameters.map((parameter) => {
    const mark = parameter.required ? { class: "required" } : {};
    const about = [parameter.description ?? "", limits(parameter.schema ?? {})].filter(Boolean).join(" · ");
    return element(
      "tr", {},
      element("td", {}, element("code", mark, parameter.name)), element("td", {}, parameter.in),
      element("td", {}, typeName(api, parameter.schema)), element("td", {}, about),
    );
  });
  return element("div", {}, element("h3", {}, "Parameters"), table(["Name", "In", "Type", "About"], rows));
}

function contentPart(api, title, content) {
  return Object.entries(content ?? {}).map(([type, media]) => {
    const rows = fieldRows(api, media.schema);
    return element(
      "div", {},
      element("h3", {}, `${title} · ${type}`),
      rows.length ? table(["Field", "Type", "About"], rows) : element("p", {}, typeName(api, media.schema)),
      type.includes("json") ? shownJson(mediaExample(api, media)) : null,
    );
  });
}

function replyPart(api, responses) {
  const entries = Object.entries(responses ?? {}).map(([status, reply]) => [status, resolved(api, reply)]);
  const good = entries.filter(([status]) => status < "400").flatMap(([status, reply]) => {
    const parts = contentPart(api, `Reply ${status}`, reply.content);
    return parts.length ? parts : [element("h3", {}, `Reply ${status} · ${reply.description ?? ""}`)];
  });
  const bad = entries.filter(([status]) => status >= "400").map(([status, reply]) => {
    const codes = Object.keys(reply.content?.["application/problem+json"]?.examples ?? {});
    const links = codes.flatMap((code) => [" ", element("a", { href: `/problems/${code}` }, code)]);
    return element("tr", {}, element("td", {}, status), element("td", {}, reply.description ?? "", ...links));
  });
  return [...good, element("h3", {}, "Problems"), table(["Status", "Meaning"], bad)];
}

function requestOf(path, method, form, bodyType) {
  let target = path;
  const query = new URLSearchParams();
  const headers = {};
  for (const input of form.querySelectorAll("[data-in]")) {
    if (input.value === "") continue;
    const { in: place, name } = input.dataset;
    if (place === "path") target = target.replace(`{${name}}`, encodeURIComponent(input.value));
    if (place === "query") query.append(name, input.value);
    if (place === "header") headers[name] = input.value;
  }
  const token = document.getElementById("token").value.trim();
  if (token) headers.Authorization = `Bearer ${token}`;
  const text = form.querySelector("textarea");
  const file = form.querySelector("input[type=file]");
  const body = file?.files[0] ?? text?.value;
  if (body && bodyType) headers["Content-Type"] = bodyType;
  const search = query.size ? `?${query}` : "";
  return [target + search, { method: method.toUpperCase(), headers, body: body || undefined, redirect: "error" }];
}

async function show(reply, outcome, started) {
  const text = await reply.text();
  const milliseconds = Math.round(performance.now() - started);
  const isJson = (reply.headers.get("content-type") ?? "").includes("json");
  let shown = text;
  if (isJson) {
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { shown = text; }
  }
  const headers = [...reply.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  outcome.replaceChildren(
    element("p", { class: "outcome" }, `${reply.status} ${reply.statusText} · ${milliseconds} ms`),
    shownJson(headers), shownJson(shown || "(no body)"),
  );
}

function tryPart(api, path, method, operation, parameters) {
  const content = resolved(api, operation.requestBody).content ?? {};
  const bodyType = Object.keys(content)[0];
  const fields = parameters.filter((parameter) => parameter.in !== "cookie").map((parameter) =>
    element("label", {}, `${parameter.name} (${parameter.in})`,
      element("input", { "data-in": parameter.in, "data-name": parameter.name, required: parameter.required })));
  const isText = bodyType?.includes("json");
  const body = isText ? element("textarea", { "aria-label": "Body", spellcheck: "false" }) : null;
  if (body) body.value = JSON.stringify(mediaExample(api, content[bodyType]), null, 2);
  const file = bodyType && !isText ? element("input", { type: "file", "aria-label": "Body" }) : null;
  const button = element("button", { type: "submit" }, "Send");
  const outcome = element("div", {});
  const form = element("form", { class: "try" }, element("h3", {}, "Try it"),
    element("div", { class: "fields" }, ...fields), body, file, button, outcome);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const started = performance.now();
    try {
      await show(await fetch(...requestOf(path, method, form, bodyType)), outcome, started);
    } catch (error) {
      outcome.replaceChildren(element("p", { class: "outcome" }, `No reply: ${error.message}`));
    }
    button.disabled = false;
  });
  return form;
}

function operationPart(api, path, method, operation) {
  const shared = api.paths[path].parameters ?? [];
  const parameters = [...shared, ...(operation.parameters ?? [])].map((parameter) => resolved(api, parameter));
  const summary = element(
    "summary", {},
    element("span", { class: `method ${method}` }, method), element("code", { class: "path" }, path),
    element("span", { class: "title" }, operation.summary ?? ""),
  );
  const details = element("details", {}, summary);
  // Filled when first opened: a document of a hundred operations stays quick to show.
  details.addEventListener("toggle", () => {
    if (details.children.length > 1) return;
    details.append(element(
      "div", { class: "body" },
      operation.description ? element("p", { class: "lead" }, operation.description) : null,
      parameterPart(api, parameters),
      ...contentPart(api, "Body", resolved(api, operation.requestBody).content),
      ...replyPart(api, operation.responses),
      tryPart(api, path, method, operation, parameters),
    ));
  });
  return element("article", { id: idOf(method, path), "data-words": `${method} ${path} ${operation.summary ?? ""}`.toLowerCase() }, details);
}

function idOf(method, path) {
  return `${method}${path.replace(/[^a-z0-9]+/gi, "-")}`;
}

function byTag(api) {
  const groups = new Map((api.tags ?? []).map((tag) => [tag.name, []]));
  for (const [path, operations] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS.filter((name) => operations[name])) {
      const tag = operations[method].tags?.[0] ?? "Other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([path, method, operations[method]]);
    }
  }
  return new Map([...groups].filter(([, operations]) => operations.length));
}

function render(api) {
  const contents = document.getElementById("contents");
  const main = document.getElementById("operations");
  document.getElementById("brand").textContent = `${api.info.title} ${api.info.version}`;
  main.replaceChildren(element("p", { class: "lead" }, api.info.description ?? ""));
  for (const [tag, operations] of byTag(api)) {
    contents.append(element("h2", {}, tag), ...operations.map(([path, method]) =>
      element("a", { href: `#${idOf(method, path)}` }, element("span", { class: `method ${method}` }, method), path.replace("/v1", ""))));
    main.append(element("section", {}, element("h2", {}, tag), ...operations.map((entry) => operationPart(api, ...entry))));
  }
}

function openLinked() {
  const article = document.getElementById(location.hash.slice(1));
  if (article?.matches("article")) {
    article.firstElementChild.open = true;
    article.scrollIntoView();
  }
}

function filter(event) {
  const wanted = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const article of document.querySelectorAll("article")) {
    article.hidden = !wanted.every((word) => article.dataset.words.includes(word));
  }
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = !section.querySelector("article:not([hidden])");
  }
}

async function start() {
  const token = document.getElementById("token");
  token.value = sessionStorage.getItem("token") ?? "";
  token.addEventListener("input", () => sessionStorage.setItem("token", token.value));
  document.getElementById("identity").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("search").addEventListener("input", filter);
  try {
    const reply = await fetch("/openapi.json");
    if (!reply.ok) throw new Error(`the document answered ${reply.status}`);
    render(await reply.json());
    openLinked();
    addEventListener("hashchange", openLinked);
  } catch (error) {
    document.getElementById("operations").replaceChildren(element("p", {}, `The document cannot be shown: ${error.message}`));
  }
}

start();
