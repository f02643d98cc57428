import { defineEntity, p } from '@mikro-orm/core'

const authorSchema = defineEntity({
  name: 'Author',
  properties: {
    id: p.integer().primary(),
    name: p.string(),
    books: () => p.oneToMany(Book).mappedBy('author'),
  },
})
export class Author extends authorSchema.class {}
authorSchema.setClass(Author)

const bookSchema = defineEntity({
  name: 'Book',
  properties: {
    id: p.integer().primary(),
    title: p.string().unique(),
    published: p.datetime().nullable(),
    author: () => p.manyToOne(Author),
    tags: () => p.manyToMany(Tag),
  },
})
export class Book extends bookSchema.class {}
bookSchema.setClass(Book)

const tagSchema = defineEntity({
  name: 'Tag',
  properties: {
    id: p.integer().primary(),
    name: p.string().unique(),
  },
})
export class Tag extends tagSchema.class {}
tagSchema.setClass(Tag)
