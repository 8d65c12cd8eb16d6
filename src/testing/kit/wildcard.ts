// Texts with `*`, as tests name paths and URLs by.

/** A text in which `*` stands for anything. */
export function wildcard(text: string): RegExp {
  return new RegExp(`^${text.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 's')
}
