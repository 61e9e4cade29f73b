/** What fills the screen; the number keys lead there in this order. */
export const screenViews = ['machines', 'machine', 'runs', 'images', 'services', 'events'] as const
export type ScreenView = (typeof screenViews)[number]

/** Views that are a list with a cursor. */
export type ListView = Exclude<ScreenView, 'machine' | 'services'>

export function isListView(view: ScreenView): view is ListView {
  return view !== 'machine' && view !== 'services'
}

/** The view of that name, else the first whose name `word` begins: `ev` is `events`. */
export function viewOfWord(word: string): ScreenView | undefined {
  if (word === '') return undefined
  return (
    screenViews.find((view) => view === word) ?? screenViews.find((view) => view.startsWith(word))
  )
}
