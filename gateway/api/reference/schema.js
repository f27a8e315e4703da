// Reads the schemas of the document: names of types, their fields, and example values.
import { element, inline, opening } from "./elements.js";

const NESTING_MAX = 6;
const TYPE_EXAMPLES = { string: "text", integer: 1, number: 1, boolean: true };
const FORMAT_EXAMPLES = {
  date: "2026-10-31", "date-time": "2026-10-31T09:30:00Z", uuid: "019a3c1e-7b2a-7f00-8000-000000000001",
};
const LIMITS = {
  minimum: "≥", maximum: "≤", minLength: "length ≥", maxLength: "length ≤", minItems: "items ≥", maxItems: "items ≤",
  pattern: "matches",
};

/** Follow `$ref`; an unknown reference reads as an empty schema. */
export function resolved(api, value) {
  let found = value ?? {};
  for (let hops = 0; found.$ref && hops < 10; hops += 1) {
    found = found.$ref.slice(2).split("/").reduce((part, key) => part?.[key], api) ?? {};
  }
  return found;
}

export function withoutNull(variants) {
  return variants.filter((variant) => variant.type !== "null");
}

function variantsOf(schema) {
  return schema.anyOf ?? schema.oneOf ?? (schema.allOf?.length === 1 ? schema.allOf : undefined);
}

/** Name a type in a few words, as nodes that link to named schemas: `array of Receipt`, `string (date) or null`. */
export function typeName(schema) {
  if (!schema) return ["any"];
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return [element("a", { href: `#schema-${name}` }, name)];
  }
  const variants = variantsOf(schema);
  if (variants) return variants.flatMap((variant, place) => [...(place ? [" or "] : []), ...typeName(variant)]);
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum) return [schema.type ?? "one of"];
  if (schema.type === "array") return ["array of ", ...typeName(schema.items)];
  return [schema.format ? `${schema.type} (${schema.format})` : String(schema.type ?? "any")];
}

/** The values a parameter or field may have, if they are listed. */
export function choicesOf(api, schema) {
  const here = resolved(api, schema);
  if (here.enum) return here.enum;
  if (here.type === "boolean") return [true, false];
  const variants = withoutNull(variantsOf(here) ?? []);
  return variants.length === 1 ? choicesOf(api, variants[0]) : undefined;
}

/** The schema of a parameter, which is left out rather than null. */
export function given(api, schema) {
  const here = resolved(api, schema);
  const variants = withoutNull(variantsOf(here) ?? []);
  return variants.length === 1 ? { ...variants[0], description: here.description, examples: here.examples ?? variants[0].examples } : schema;
}

/** The object schema inside an array, a nullable or a reference, if there is one. */
function innerObject(api, schema) {
  const here = resolved(api, schema);
  if (here.properties) return here;
  const inner = here.items ?? withoutNull(variantsOf(here) ?? [])[0];
  return inner ? innerObject(api, inner) : null;
}

/** An example value: the documented one, or one made of the properties' own examples. */
export function exampleOf(api, schema, depth = 0) {
  const here = resolved(api, schema);
  if (here.example !== undefined) return here.example;
  if (here.examples?.length) return here.examples[0];
  if (here.const !== undefined) return here.const;
  if (here.enum) return here.enum[0];
  if (here.default !== undefined) return here.default;
  const variants = variantsOf(here) ?? here.allOf;
  if (variants) return exampleOf(api, withoutNull(variants)[0] ?? variants[0], depth);
  if (here.properties && depth < NESTING_MAX) {
    const entries = Object.entries(here.properties);
    return Object.fromEntries(entries.map(([name, property]) => [name, exampleOf(api, property, depth + 1)]));
  }
  if (here.type === "array") return depth < NESTING_MAX ? [exampleOf(api, here.items, depth + 1)] : [];
  return FORMAT_EXAMPLES[here.format] ?? TYPE_EXAMPLES[here.type] ?? null;
}

/** The examples of a body by name; one made of its schema if the document has none. */
export function examplesOf(api, media) {
  if (media.example !== undefined) return { example: media.example };
  const named = Object.entries(media.examples ?? {}).map(([name, example]) => [name, resolved(api, example).value]);
  return named.length ? Object.fromEntries(named) : { example: exampleOf(api, media.schema) };
}

function about(api, schema) {
  const here = resolved(api, schema);
  const limits = Object.entries(LIMITS)
    .filter(([key]) => here[key] !== undefined).map(([key, word]) => `${word} ${here[key]}`);
  const choices = here.enum ?? withoutNull(variantsOf(here) ?? []).flatMap((variant) => resolved(api, variant).enum ?? []);
  return [
    ...inline(schema.description ?? here.description ?? ""),
    choices.length ? element("span", { class: "choices" }, choices.map((value) => [element("code", {}, String(value)), " "])) : null,
    limits.length ? element("span", { class: "limits" }, limits.join(" · ")) : null,
    here.default !== undefined && here.default !== null
      ? element("span", { class: "limits" }, `default ${JSON.stringify(here.default)}`) : null,
  ];
}

function row(api, name, schema, isRequired, extra, nested) {
  return element(
    "li", {},
    element("div", { class: "field" },
      element("code", { class: "name" }, name), " ",
      element("span", { class: "type" }, typeName(schema)), " ",
      extra ? element("span", { class: "type" }, extra) : null,
      isRequired ? element("span", { class: "required" }, "required") : null,
      element("div", { class: "about" }, about(api, schema))),
    nested,
  );
}

/** The fields of a schema, those of nested objects one click away; of alternatives, each for itself. */
export function fieldList(api, schema, depth = 0) {
  const variants = withoutNull(variantsOf(resolved(api, schema)) ?? []).filter((variant) => innerObject(api, variant));
  if (variants.length > 1 && depth < NESTING_MAX) {
    return variants.map((variant, place) => opening({ class: "nested", open: place === 0 },
      resolved(api, variant).title ?? `variant ${place + 1}`, () => [fieldList(api, variant, depth + 1)]));
  }
  const object = innerObject(api, schema);
  if (!object) return element("p", { class: "about" }, typeName(schema));
  const required = new Set(object.required ?? []);
  return element("ul", { class: "fields" }, Object.entries(object.properties).map(([name, property]) => {
    const hasFields = depth < NESTING_MAX && innerObject(api, property) !== null;
    const nested = hasFields ? opening({ class: "nested" }, "its fields", () => [fieldList(api, property, depth + 1)]) : null;
    return row(api, name, property, required.has(name), undefined, nested);
  }));
}

export function parameterList(api, parameters) {
  return element("ul", { class: "fields" }, parameters.map((parameter) =>
    row(api, parameter.name, { ...given(api, parameter.schema), description: parameter.description ?? parameter.schema?.description },
      parameter.required, `in ${parameter.in}`)));
}
