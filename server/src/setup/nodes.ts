import type { AsteriskConf } from './asteriskConf.ts'

/** app_rpt takes every section of rpt.conf that is named by digits alone for a node (app_rpt.c, rpt_master). */
const NODE = /^\d{1,40}$/

/** Numbers of the nodes that app_rpt runs by this rpt.conf, in its order. */
export function nodesOf(conf: AsteriskConf): string[] {
  const names = conf.sections.filter(({ name, template }) => !template && NODE.test(name)).map(({ name }) => name)
  return [...new Set(names)]
}
