/** How many alerts fire, for the bar: those that are silenced or explained by others are not counted. */
import type { AlertAccess } from '../monitor/alert-access.ts';

export class FiringCount {
  #count = $state(0);

  get count(): number {
    return this.#count;
  }

  /** To be called once alerting is there. */
  follow(access: Pick<AlertAccess, 'store' | 'onChange'>): void {
    const look = async (): Promise<void> => {
      const book = await access.store.book();
      if (book.ok) this.#count = book.value.firing.filter(({ mutedBy }) => mutedBy === null).length;
    };
    access.onChange(() => void look());
    void look();
  }
}
