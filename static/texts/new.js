/* What the page New says. */

export const texts = {
  title: (active) => (active ? `(${active}) Bellhop` : "Bellhop"),
};
