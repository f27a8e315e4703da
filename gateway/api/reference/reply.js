// Shows what came back: the status, the problem in words if it is one, the body, and the headers.
import { copyable, element } from "./elements.js";

const SHOWN_CHARACTERS_MAX = 200000;

export async function shownReply(reply, milliseconds) {
  const type = reply.headers.get("content-type") ?? "";
  const isText = /json|text|xml|csv/.test(type);
  const content = await reply.blob();
  const text = isText ? await content.text() : "";
  const body = type.includes("json") ? parsed(text) : undefined;
  const kind = reply.ok ? "good" : "bad";
  return [
    element("p", { class: "outcome" }, element("strong", { class: `status ${kind}` }, `${reply.status} ${reply.statusText}`),
      ` ${milliseconds} ms · ${content.size.toLocaleString("en-IN")} bytes`),
    type.includes("problem+json") && body ? problem(body, reply) : null,
    isText && text ? copyable(pretty(body, text), "the reply's body") : null,
    !isText && content.size ? download(reply, content) : null,
    element("details", {}, element("summary", {}, "Headers"),
      element("pre", {}, [...reply.headers].map(([name, value]) => `${name}: ${value}`).join("\n"))),
  ];
}

/** No reply at all: the system is away, or the browser did not let the request out. */
export function shownFailure(error) {
  return [element("p", { class: "outcome" }, element("strong", { class: "status bad" }, "No reply"), ` ${error.message}`)];
}

function problem(document, reply) {
  const code = String(document.code ?? "");
  const wait = reply.headers.get("retry-after");
  return element("div", { class: "problem", role: "alert" },
    element("p", {}, element("strong", {}, String(document.title ?? "Problem")), " ",
      element("a", { href: `/problems/${encodeURIComponent(code)}` }, code)),
    element("p", {}, String(document.detail ?? "")),
    element("ul", {}, (Array.isArray(document.errors) ? document.errors : []).map((error) =>
      element("li", {}, element("code", {}, String(error.pointer)), ` ${error.detail}`))),
    wait ? element("p", {}, `Try again after ${wait} s.`) : null,
    reply.status === 401 ? element("p", {}, "Put an access token or API key into the field at the top of the page.") : null,
    document.trace_id ? element("p", { class: "about" }, `trace ${document.trace_id}`) : null,
  );
}

function download(reply, content) {
  const named = /filename="?([^";]+)/.exec(reply.headers.get("content-disposition") ?? "");
  const button = element("button", { type: "button" }, `Save ${named?.[1] ?? "the file"}`);
  button.addEventListener("click", () => {
    const address = URL.createObjectURL(content);
    element("a", { href: address, download: named?.[1] ?? "reply" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });
  return button;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pretty(body, text) {
  const whole = body === undefined ? text : JSON.stringify(body, null, 2);
  return whole.length > SHOWN_CHARACTERS_MAX ? `${whole.slice(0, SHOWN_CHARACTERS_MAX)}\n… the rest is not shown` : whole;
}
