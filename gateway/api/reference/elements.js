// Makes elements out of text. Nothing here, nor anywhere else on the page, turns text of the document into markup.

/** Make an element; attributes that are false or undefined are left out, children that are null or undefined too. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** A `details` whose body is made when it is first opened: the page stays quick, and schemas may refer to themselves. */
export function opening(attributes, summary, body) {
  const made = element("details", attributes, element("summary", {}, summary));
  const fill = () => {
    if (made.children.length === 1) made.append(element("div", { class: "body" }, body()));
  };
  made.addEventListener("toggle", () => made.open && fill());
  if (attributes.open) fill();
  return made;
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

/** Descriptions as paragraphs and lists, with `code`, **bold** and links; everything else stays text. */
export function prose(text) {
  return (text ?? "").split(/\n{2,}/).filter((part) => part.trim()).map((part) => {
    const lines = part.split("\n");
    if (lines.every((line) => /^\s*[-*] /.test(line))) {
      return element("ul", {}, lines.map((line) => element("li", {}, inline(line.replace(/^\s*[-*] /, "")))));
    }
    return element("p", {}, inline(part));
  });
}

/** One line of a description. */
export function inline(text) {
  const nodes = [];
  let end = 0;
  for (const found of (text ?? "").matchAll(INLINE)) {
    nodes.push(text.slice(end, found.index));
    end = found.index + found[0].length;
    if (found[1]) nodes.push(element("code", {}, found[1]));
    else if (found[2]) nodes.push(element("strong", {}, found[2]));
    else nodes.push(link(found[3], found[4]));
  }
  return [...nodes, (text ?? "").slice(end)];
}

/** A link, if it leads to a web page or to this site; otherwise its text. */
function link(text, target) {
  const leads = /^(https?:\/\/|\/(?!\/)|#)/.test(target);
  return leads ? element("a", { href: target, rel: "noreferrer noopener" }, text) : text;
}

/** Text as it is, with a button that copies it. */
export function copyable(text, label) {
  const button = element("button", { type: "button", class: "plain copy", "aria-label": `Copy ${label}` }, "copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
    setTimeout(() => (button.textContent = "copy"), 1500);
  });
  return element("div", { class: "copyable" }, element("pre", { tabindex: "0", "aria-label": label }, text), button);
}
