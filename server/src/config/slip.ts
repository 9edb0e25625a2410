/** Is it that name but for one slip: a letter too many, too few, another one, or two in the wrong order? Capitals do not count. */
export function isSlipOf(typed: string, name: string): boolean {
  const [a, b] = [typed.toLowerCase(), name.toLowerCase()]
  let same = 0
  while (same < a.length && a[same] === b[same]) same += 1
  const [restA, restB] = [a.slice(same), b.slice(same)]
  const swapped = (restA[1] ?? '') + (restA[0] ?? '') + restA.slice(2)
  return restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1) || swapped === restB
}
