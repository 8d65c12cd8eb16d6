// The pause of a run: while it is on no body begins, and what would have begun goes on when it is over.

/** Whether a run is paused, and what goes on when it no longer is. */
export class RunPause {
  #isOn: boolean
  #held: (() => void)[] = []

  constructor(isOn: boolean) {
    this.#isOn = isOn
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** Calls once the pause is over; never when the run leaves before. */
  whenOver(goOn: () => void): void {
    this.#held.push(goOn)
  }

  turn(isOn: boolean): void {
    this.#isOn = isOn
    const held = this.#held
    this.#held = []
    for (const goOn of held) goOn()
  }
}

/** Of runs that nobody has ever paused. */
export const NO_PAUSE = new RunPause(false)
