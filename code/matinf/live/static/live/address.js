// A view kept in the page's address: read when the page opens, written a while after the reader's
// last change, and handed on as a link. What stands in an address is another's word, so `decode`
// takes from it only what the defaults have, and their types; who reads it checks the values.

import { button, make, settled } from "./controls.js";
import { decode, encode, find, replaced } from "./state.js";

const QUIET = 400; // ms without a change before it is kept
const TOLD = 2500; // ms that the button says what it has done

/** @typedef {import("./state.js").State} State */

export class Address {
  #name;
  #defaults;

  /**
   * @param {string} name Of the query parameter, and of the place on the page; none is kept without.
   * @param {State} defaults
   */
  constructor(name, defaults) {
    this.#name = name;
    this.#defaults = defaults;
  }

  /** Whether there is an address to share: the frame of a notebook and a file have none. */
  get shared() {
    return this.#name !== "" && location.protocol.startsWith("http");
  }

  /** The state that the address has, or the defaults. @returns {State} */
  read() {
    const text = this.shared ? find(location.search, this.#name) : null;
    return text === null ? structuredClone(this.#defaults) : decode(text, this.#defaults);
  }

  /** Keep a state once nothing has changed for a while; the rest of the address stays. */
  keep = settled((/** @type {State} */ state) => {
    if (!this.shared) return;
    const query = replaced(location.search, this.#name, encode(state, this.#defaults));
    history.replaceState(history.state, "", location.pathname + query + location.hash);
  }, QUIET);

  /** A link that opens the page here, with this state and nobody else's. @param {State} state */
  link(state) {
    const query = replaced("", this.#name, encode(state, this.#defaults));
    return `${location.origin}${location.pathname}${query}#${this.#name}`;
  }

  /**
   * A button that copies the link; null where nothing can be shared or copied.
   * @param {() => State} state The state to share.
   */
  button(state) {
    if (!this.shared || !navigator.clipboard) return null;
    const label = "Copy link";
    const told = make("span", { class: "lab-unseen", role: "status" });
    const back = settled(() => {
      element.textContent = label;
      told.textContent = "";
    }, TOLD);
    const say = (short, sentence) => {
      element.textContent = short;
      told.textContent = sentence;
      back();
    };
    const copy = () =>
      navigator.clipboard.writeText(this.link(state())).then(
        () => say("Copied", "The link to this view is copied."),
        () => say("Not copied", "The link cannot be copied; the address of this page holds the view too."),
      );
    const { element } = button({ label, onClick: copy });
    element.classList.add("lab-link");
    return { element: make("span", { class: "lab-share" }, element, told) };
  }
}
