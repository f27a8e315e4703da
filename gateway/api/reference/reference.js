// Shows the API's OpenAPI document and lets the reader call it. No other site is asked for anything.
import { copyable, element, opening, prose } from "./elements.js";
import { examplesOf, exampleOf, fieldList, parameterList, resolved } from "./schema.js";
import { tokenOfTab, trial } from "./trial.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

function idOf(method, path) {
  return `${method}${path.replace(/[^a-z0-9]+/gi, "-")}`;
}

function content(api, media) {
  return Object.entries(media ?? {}).flatMap(([type, one]) => [
    element("p", { class: "media" }, type),
    one.schema ? fieldList(api, one.schema) : null,
    ...(type.includes("json") ? Object.entries(examplesOf(api, one)).map(([name, value]) =>
      opening({ class: "example" }, `Example${name === "example" ? "" : `: ${name}`}`, () => [copyable(JSON.stringify(value, null, 2), "the example")])) : []),
  ]);
}

function replies(api, operation) {
  return Object.entries(operation.responses ?? {}).map(([status, response]) => {
    const reply = resolved(api, response);
    const isGood = status < "400";
    const codes = Object.keys(reply.content?.["application/problem+json"]?.examples ?? {});
    const summary = [element("strong", { class: `status ${isGood ? "good" : "bad"}` }, status), ` ${reply.description ?? ""}`];
    const links = codes.length ? element("p", {}, "Codes: ", codes.map((code) => [element("a", { href: `/problems/${code}` }, code), " "])) : null;
    return opening({ class: "response", open: isGood && status < "300" }, summary, () => [links, ...content(api, reply.content)]);
  });
}

function documentation(api, path, operation, parameters) {
  const body = resolved(api, operation.requestBody);
  return element("div", { class: "documentation" },
    prose(operation.description),
    operation.deprecated ? element("p", { class: "problem" }, "Deprecated: it will go away.") : null,
    parameters.length ? [element("h3", {}, "Parameters"), parameterList(api, parameters)] : null,
    body.content ? [element("h3", {}, "Body"), prose(body.description), content(api, body.content)] : null,
    element("h3", {}, "Replies"), replies(api, operation));
}

function operationCard(api, path, method, operation) {
  const shared = api.paths[path].parameters ?? [];
  const parameters = [...shared, ...(operation.parameters ?? [])].map((parameter) => resolved(api, parameter));
  const summary = [
    element("span", { class: `method ${method}` }, method), element("code", { class: "path" }, path),
    element("span", { class: "title" }, operation.summary ?? ""),
  ];
  const words = `${method} ${path} ${operation.summary ?? ""} ${operation.operationId ?? ""} ${(operation.tags ?? []).join(" ")}`;
  return element("article", { id: idOf(method, path), "data-words": words.toLowerCase() },
    opening({}, summary, () => [element("div", { class: "halves" },
      documentation(api, path, operation, parameters), trial(api, path, method, operation, parameters))]));
}

function schemaCard(api, name, schema) {
  return element("article", { id: `schema-${name}`, "data-words": `schema ${name}`.toLowerCase() },
    opening({}, [element("span", { class: "method" }, "schema"), element("code", { class: "path" }, name)], () => [
      prose(schema.description), fieldList(api, schema),
      copyable(JSON.stringify(exampleOf(api, schema), null, 2), "the example")]));
}

function byTag(api) {
  const groups = new Map((api.tags ?? []).map((tag) => [tag.name, { about: tag.description, operations: [] }]));
  for (const [path, operations] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS.filter((name) => operations[name])) {
      const tag = operations[method].tags?.[0] ?? "Other";
      if (!groups.has(tag)) groups.set(tag, { about: "", operations: [] });
      groups.get(tag).operations.push([path, method, operations[method]]);
    }
  }
  return [...groups].filter(([, group]) => group.operations.length);
}

/** A path that a narrow column breaks before a slash rather than in a word. */
function breakable(path) {
  return path.split("/").filter(Boolean).map((part) => [element("wbr"), `/${part}`]);
}

function contentsGroup(title, links) {
  return element("details", { open: true }, element("summary", {}, title), links);
}

function render(api) {
  document.getElementById("brand").textContent = `${api.info.title} ${api.info.version}`;
  const sections = byTag(api).map(([tag, { about, operations }]) => [
    contentsGroup(tag, operations.map(([path, method, operation]) =>
      element("a", { href: `#${idOf(method, path)}`, title: operation.summary },
        element("span", { class: `method ${method}` }, method === "delete" ? "del" : method), element("span", {}, breakable(path.replace("/v1", "")))))),
    element("section", {}, element("h2", {}, tag), prose(about), operations.map((entry) => operationCard(api, ...entry))),
  ]);
  const schemas = Object.entries(api.components?.schemas ?? {});
  document.getElementById("contents").replaceChildren(...sections.map(([group]) => group),
    contentsGroup("Schemas", [element("a", { href: "#schemas" }, `all ${schemas.length}`)]));
  document.getElementById("operations").replaceChildren(
    element("div", { class: "lead" }, prose(api.info.description)), ...sections.map(([, section]) => section),
    element("section", { id: "schemas" }, element("h2", {}, "Schemas"), schemas.map(([name, schema]) => schemaCard(api, name, schema))));
}

function openLinked() {
  const linked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!linked) return;
  if (linked.matches("article")) {
    linked.firstElementChild.open = true;
    linked.firstElementChild.firstElementChild.focus({ preventScroll: true });
  }
  linked.scrollIntoView();
  for (const link of document.querySelectorAll("#contents a")) {
    link.toggleAttribute("aria-current", link.hash === location.hash);
    if (link.hash === location.hash) link.scrollIntoView({ block: "nearest" });
  }
}

/** Show what has every word; a search that finds one thing opens it on Enter. */
function filter() {
  const wanted = document.getElementById("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const article of document.querySelectorAll("article")) {
    article.hidden = !wanted.every((word) => article.dataset.words.includes(word));
    count += article.hidden ? 0 : 1;
    const link = document.querySelector(`#contents a[href="#${CSS.escape(article.id)}"]`);
    if (link) link.hidden = article.hidden;
  }
  for (const group of document.querySelectorAll("main > section, #contents > details")) {
    group.hidden = !group.querySelector("article:not([hidden]), a:not([hidden])");
  }
  document.getElementById("found").textContent = wanted.length ? `${count} found` : "";
}

/** `/` searches, arrows walk through what was found, Enter opens, Escape shows all again. */
function walkByKeys(event) {
  const search = document.getElementById("search");
  const isWriting = event.target.matches("input, textarea, select");
  if (event.key === "/" && !isWriting) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && event.target === search) {
    search.value = "";
    filter();
  } else if (event.key === "Enter" && event.target === search) {
    shownLinks()[0]?.click();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && (event.target === search || event.target.matches("#contents a"))) {
    event.preventDefault();
    const links = shownLinks();
    const next = links.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    (links[next] ?? (next < 0 ? search : links.at(-1))).focus();
  }
}

function shownLinks() {
  return [...document.querySelectorAll("#contents a")].filter((link) => link.checkVisibility());
}

/** Say who the token is, so that a wrong one is noticed before the first call. */
async function tellIdentity() {
  const told = document.getElementById("whoami");
  if (!tokenOfTab()) return void (told.textContent = "");
  try {
    const reply = await fetch("/v1/me", { headers: { Authorization: `Bearer ${tokenOfTab()}` } });
    const me = await reply.json();
    told.textContent = reply.ok ? me.roles.join(", ") || "no role" : "not valid";
    told.className = reply.ok ? "good" : "bad";
  } catch {
    told.textContent = "";
  }
}

function keepToken() {
  const token = document.getElementById("token");
  token.value = sessionStorage.getItem("token") ?? "";
  token.addEventListener("input", () => sessionStorage.setItem("token", token.value));
  token.addEventListener("change", tellIdentity);
  document.getElementById("identity").addEventListener("submit", (event) => event.preventDefault());
  tellIdentity();
}

function keepTheme() {
  const root = document.documentElement;
  root.dataset.theme = localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
}

async function start() {
  keepTheme();
  keepToken();
  document.getElementById("search").addEventListener("input", filter);
  document.addEventListener("keydown", walkByKeys);
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

await start();
