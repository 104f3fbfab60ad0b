/** A few lines instead of a framework. Text is always set as text, never as markup. */

export type Child = Node | string | null | undefined | false;
type Attribute = string | number | boolean | null | undefined | ((event: never) => void);

/** Build an element. `true` sets a bare attribute, `false` and `null` leave it out, a function under `onclick` listens to "click". */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Attribute> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as unknown as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...present(children));
  return element;
}

/** Create one of our own elements with its properties set before it is connected. */
export function make<T extends HTMLElement>(tag: string, properties: Partial<T>): T {
  return Object.assign(document.createElement(tag) as T, properties);
}

/** Tell whoever listens further up that a person changed something. */
export function tell(element: HTMLElement, name: string): void {
  element.dispatchEvent(new CustomEvent(name, { bubbles: true }));
}

export function present(children: readonly Child[]): (Node | string)[] {
  return children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false && child !== "");
}
