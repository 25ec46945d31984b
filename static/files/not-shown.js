/* Why a file is not shown, in words for the reader, who can still download it. */

export class NotShown extends Error {}
