/* What a notification says, and who asks for one. */

export const texts = {
  ended: (name, status) => `${name}: ${status}`,
  willTell: (name) => `Bellhop notifies you when ${name} ends, as long as one of its pages is open.`,
  willTellAll: "Bellhop notifies you when a job that you submit in this browser ends, as long as one of its pages is open.",
  willNot: "Bellhop does not notify you.",
  blocked: "The browser blocks notifications of this address. Allow them in the settings of the browser.",
};
