import type { FunctionalComponent, VNode } from 'vue'
import type { LinkState } from '../../../../protocol/nodeState.ts'

/** What a slot within a row is given. */
export interface RowSlotProps {
  readonly id: string
  readonly link: LinkState
}

/** A slot for rows, handed down as a function: slots that are passed on from slot to slot make Vue render every row at every change. */
export type RowExtra = (row: RowSlotProps) => VNode[]

/** Its content for one row. */
export const RowExtraContent: FunctionalComponent<RowSlotProps & { readonly extra: RowExtra }> = ({ id, link, extra }) => extra({ id, link })
RowExtraContent.props = ['id', 'link', 'extra']
