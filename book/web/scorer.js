// Search finds what the book says before what the package's reference lists.
// `var`: Sphinx's own script declares it, too.
// eslint-disable-next-line no-unused-vars, no-var
var Scorer = {
  /** @param {[string, string, string, string, number, string]} result */
  score: ([page, , , , points]) => (page.includes("/api") ? points / 10 : points),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
