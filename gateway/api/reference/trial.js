// The form that calls an operation, with the token of this tab, and the same call for a terminal.
import { copyable, element } from "./elements.js";
import { shownFailure, shownReply } from "./reply.js";
import { choicesOf, examplesOf, given, resolved } from "./schema.js";

/** The last version each path has shown, offered as If-Match of what changes it. */
const seenVersions = new Map();

export function tokenOfTab() {
  return document.getElementById("token").value.trim();
}

export function trial(api, path, method, operation, parameters) {
  const content = resolved(api, operation.requestBody).content ?? {};
  const inputs = parameters.filter((parameter) => parameter.in !== "cookie").map((parameter) => field(api, parameter));
  const body = bodyPart(api, content);
  const send = element("button", { type: "submit" }, "Send");
  const asCommand = element("button", { type: "button", class: "plain" }, "as curl");
  const outcome = element("div", { class: "reply", "aria-live": "polite" });
  const form = element("form", { class: "trial", "aria-label": `Try ${method.toUpperCase()} ${path}` },
    element("h3", {}, "Try it"), element("div", { class: "inputs" }, inputs), body.parts,
    element("div", { class: "buttons" }, send, asCommand), outcome);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    outcome.replaceChildren(...await answer(request(path, method, form, body)));
    send.disabled = false;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("focusin", () => offerVersion(path, form));
  asCommand.addEventListener("click", () => outcome.replaceChildren(copyable(curl(request(path, method, form, body)), "the command")));
  return form;
}

function field(api, parameter) {
  const about = { "data-in": parameter.in, "data-name": parameter.name, required: parameter.required };
  const schema = resolved(api, given(api, parameter.schema));
  const choices = choicesOf(api, schema);
  const shape = schema.format === "date" ? "date" : "text";
  const example = parameter.example ?? schema.examples?.[0];
  const input = choices
    ? element("select", about, element("option", { value: "" }, ""), choices.map((choice) => element("option", {}, String(choice))))
    : element("input", { ...about, type: shape, placeholder: example === undefined ? undefined : String(example), autocomplete: "off", spellcheck: "false" });
  return element("label", {}, element("span", {}, parameter.name, parameter.required ? element("span", { class: "required" }, "required") : null), input);
}

/** What makes the body: a text for JSON and other texts, a file for the rest, one at a time by media type. */
function bodyPart(api, content) {
  const types = Object.keys(content);
  if (!types.length) return { parts: [], type: () => undefined, value: () => undefined };
  const choice = element("select", { "aria-label": "Media type" }, types.map((type) => element("option", {}, type)));
  const examples = element("select", { "aria-label": "Example" });
  const text = element("textarea", { "aria-label": "Body", spellcheck: "false", rows: "10" });
  const file = element("input", { type: "file", "aria-label": "File" });
  const isFile = () => !/json|text|csv|xml/.test(choice.value) || choice.value === "multipart/form-data";
  const fill = () => (text.value = written(JSON.parse(examples.value || "null")));
  const change = () => {
    const named = Object.entries(examplesOf(api, content[choice.value]));
    examples.replaceChildren(...named.map(([name, value]) => element("option", { value: JSON.stringify(value) }, name)));
    examples.hidden = isFile() || named.length < 2;
    text.hidden = isFile();
    file.hidden = !isFile() && choice.value.includes("json");
    fill();
  };
  choice.addEventListener("change", change);
  examples.addEventListener("change", fill);
  change();
  const value = () => file.files[0] ?? (isFile() ? undefined : text.value);
  return { parts: [element("div", { class: "buttons" }, choice, examples), text, file], type: () => choice.value, value };
}

function written(example) {
  return typeof example === "string" ? example : JSON.stringify(example, null, 2);
}

function request(path, method, form, body) {
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
  if (tokenOfTab()) headers.Authorization = `Bearer ${tokenOfTab()}`;
  const value = body.value();
  const isForm = body.type() === "multipart/form-data" && value !== undefined;
  if (value !== undefined && !isForm) headers["Content-Type"] = body.type();
  return { method: method.toUpperCase(), path: target, query, headers, value, isForm };
}

async function answer({ method, path, query, headers, value, isForm }) {
  const started = performance.now();
  let body = value;
  if (isForm) {
    body = new FormData();
    body.append("file", value);
  }
  try {
    const reply = await fetch(query.size ? `${path}?${query}` : path, { method, headers, body, redirect: "error", cache: "no-store" });
    if (reply.headers.get("etag")) seenVersions.set(path, reply.headers.get("etag"));
    return (await shownReply(reply, Math.round(performance.now() - started))).filter(Boolean);
  } catch (error) {
    return shownFailure(error);
  }
}

/** A change of /v1/things/7/approval is decided on what /v1/things/7 has shown. */
function offerVersion(path, form) {
  const input = form.querySelector('[data-name="If-Match"]');
  if (!input || input.value) return;
  let target = path;
  for (const one of form.querySelectorAll('[data-in="path"]')) target = target.replace(`{${one.dataset.name}}`, encodeURIComponent(one.value));
  input.value = seenVersions.get(target) ?? seenVersions.get(target.slice(0, target.lastIndexOf("/"))) ?? "";
}

function curl({ method, path, query, headers, value, isForm }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const address = `${location.origin}${path}${query.size ? `?${query}` : ""}`;
  const secret = "Authorization: Bearer $TOKEN"; // in double quotes, so that the shell puts the token in
  const lines = [`curl -sS -X ${method} ${quoted(address)}`, `-H "${secret}"`];
  for (const [name, text] of Object.entries(headers)) if (name !== "Authorization") lines.push(`-H ${quoted(`${name}: ${text}`)}`);
  if (value instanceof File) lines.push(isForm ? `-F ${quoted(`file=@${value.name}`)}` : `--data-binary ${quoted(`@${value.name}`)}`);
  else if (value !== undefined) lines.push(`--data-binary ${quoted(value)}`);
  return lines.join(" \\\n  ");
}
