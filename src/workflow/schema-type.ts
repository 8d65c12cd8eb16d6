// The TypeScript type of the values that a JSON Schema accepts, as far as types can tell; the rest is `unknown`. Types only.

/** What is sent: keys that are not required, and those with a default, may be left out. */
export type SentBy<S> = TypeBy<S, false>

/** What is there after the check: keys with a default are filled in. */
export type ReadBy<S> = TypeBy<S, true>

type TypeBy<S, Filled extends boolean> = S extends { readonly $ref: unknown } | { readonly allOf: unknown }
  ? unknown
  : S extends { readonly const: infer C }
    ? C
    : S extends { readonly enum: readonly (infer E)[] }
      ? E
      : S extends { readonly type: infer K }
        ? KindBy<K extends readonly (infer One)[] ? One : K, S, Filled>
        : S extends { readonly anyOf: readonly (infer A)[] } | { readonly oneOf: readonly (infer A)[] }
          ? TypeBy<A, Filled>
          : unknown

type KindBy<K, S, Filled extends boolean> = K extends 'string'
  ? string
  : K extends 'number' | 'integer'
    ? number
    : K extends 'boolean'
      ? boolean
      : K extends 'null'
        ? null
        : K extends 'array'
          ? List<S extends { readonly prefixItems: unknown } ? unknown : S extends { readonly items: infer I } ? TypeBy<I, Filled> : unknown, Filled>
          : K extends 'object'
            ? S extends { readonly properties: infer P } ? Fields<P, Required<S>, Filled> : Values<S, Filled>
            : unknown

/** Who sends a list may keep it from being changed; what is read is taken by everything that takes a list. */
type List<T, Filled extends boolean> = Filled extends true ? T[] : readonly T[]

type Required<S> = S extends { readonly required: readonly (infer R)[] } ? R : never

type Fields<P, R, Filled extends boolean> = Flat<
  { readonly [K in keyof P as Sure<K, P[K], R, Filled> extends true ? K : never]: TypeBy<P[K], Filled> }
  & { readonly [K in keyof P as Sure<K, P[K], R, Filled> extends true ? never : K]?: TypeBy<P[K], Filled> }
>

/** Whether a key is there in any case: it is required, or filled in; what is sent may leave out one with a default. */
type Sure<K, S, R, Filled extends boolean> = S extends { readonly default: unknown } ? Filled : K extends R ? true : false

type Values<S, Filled extends boolean> = S extends { readonly additionalProperties: infer V extends object } ? { readonly [key: string]: TypeBy<V, Filled> } : { readonly [key: string]: unknown }

type Flat<T> = { readonly [K in keyof T]: T[K] }
