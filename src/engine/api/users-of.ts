// Who has an image.

export type UsersOf = (imageId: string) => { id: string }[]
