import type { AmiMessage } from './message.ts'

/**
 * The node's switches, in the sense an operator thinks in (the wire says 1 = disabled for most). null = the line was
 * missing or held something else. Source: app_rpt rpt_manager.c rpt_manager_do_xstat.
 */
export interface XStatState {
  readonly parrotOn: boolean | null
  readonly systemEnabled: boolean | null
  readonly timeoutTimerEnabled: boolean | null
  readonly linkingEnabled: boolean | null
  readonly patchEnabled: boolean | null
  readonly schedulerEnabled: boolean | null
  readonly userFunctionsEnabled: boolean | null
  readonly alternateTail: boolean | null
  readonly incomingRefused: boolean | null
  readonly patch: 'dialing' | 'connecting' | 'up' | 'failed' | 'down' | null
  readonly timeoutTimer: 'timed-out' | 'armed' | 'reset' | null
  readonly ider: 'queued-in-tail' | 'queued-for-cleanup' | 'clean' | null
  readonly telemetry: 'off' | 'on' | 'on-demand' | 'fixed' | null
}

export function readXStatState(message: AmiMessage): XStatState {
  const on = (name: string): boolean | null => readBit(message.get(name))
  const enabled = (name: string): boolean | null => {
    const disabled = on(name)
    return disabled === null ? null : !disabled
  }
  const oneOf = <T>(name: string, words: readonly T[]): T | null => {
    const value = message.get(name)?.trim() ?? ''
    return /^\d$/.test(value) ? (words[Number(value)] ?? null) : null
  }
  return {
    parrotOn: on('parrot_ena'),
    systemEnabled: enabled('sys_ena'),
    timeoutTimerEnabled: enabled('tot_ena'),
    linkingEnabled: enabled('link_ena'),
    patchEnabled: enabled('patch_ena'),
    schedulerEnabled: enabled('sch_ena'),
    userFunctionsEnabled: enabled('user_funs'),
    alternateTail: on('tail_type'),
    incomingRefused: on('iconns'),
    patch: oneOf('patch_state', ['dialing', 'connecting', 'up', 'failed', 'down']),
    timeoutTimer: oneOf('tot_state', ['timed-out', 'armed', 'reset']),
    ider: oneOf('ider_state', ['queued-in-tail', 'queued-for-cleanup', 'clean']),
    telemetry: oneOf('tel_mode', ['off', 'on', 'on-demand', 'fixed']),
  }
}

/** `1` true, `0` false, anything else null: not known. */
export function readBit(value: string | undefined): boolean | null {
  const text = value?.trim()
  return text === '1' ? true : text === '0' ? false : null
}
