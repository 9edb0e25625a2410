/** The `rolloutReport` store: how the rollout stands, for those who may know. */
import { defineStore } from 'pinia'
import * as v from 'valibot'
import { ref, shallowRef } from 'vue'
import { rolloutReportSchema } from '../../../protocol/rolloutReport.ts'
import type { RolloutReport } from '../../../protocol/rolloutReport.ts'
import { ApiError } from '../services/gatewayApi.ts'
import { useLiveClient } from './client.ts'

/** Between two questions, ms. */
const EVERY_MS = 30_000

const answerSchema = v.object({ data: rolloutReportSchema })

export const useRolloutReportStore = defineStore('rolloutReport', () => {
  const { api, env } = useLiveClient()
  const report = shallowRef<RolloutReport | null>(null)
  /** Why there is no newer one, for people; null = there is. */
  const error = ref<string | null>(null)
  /** May whoever is here not see it? */
  const refused = ref(false)
  let asked = 0

  /** Asks once. Never rejects. What was answered before stays to be seen, unless whoever asks may not see it any more. */
  async function load(): Promise<void> {
    const mine = ++asked
    try {
      const answer = v.safeParse(answerSchema, await api.get('rollout/report'))
      if (mine !== asked) return
      error.value = answer.success ? null : "The server's answer is not in the expected form."
      if (answer.success) report.value = answer.output.data
      refused.value = false
    } catch (cause) {
      if (mine !== asked) return
      refused.value = cause instanceof ApiError && (cause.status === 401 || cause.status === 403)
      if (refused.value) report.value = null
      error.value = cause instanceof Error ? cause.message : String(cause)
    }
  }

  /** Asks now and every half minute while the page is seen. @returns the end of it */
  function follow(): () => void {
    let timer: unknown
    let isOver = false
    const ask = async () => {
      await load()
      env.clearTimeout(timer)
      if (!isOver && env.page.visible()) timer = env.setTimeout(() => void ask(), EVERY_MS)
    }
    const off = env.page.listen((signal) => {
      if (signal === 'hidden') env.clearTimeout(timer)
      if (signal === 'visible' || signal === 'pageshow' || signal === 'online') void ask()
    })
    void ask()
    return () => {
      isOver = true
      asked += 1
      env.clearTimeout(timer)
      off()
    }
  }

  return { report, error, refused, load, follow }
})
