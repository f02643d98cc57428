import { type Compilable, createQueryId, type ExpressionBuilder, type Kysely, QueryNode, sql } from 'kysely'

type Db = Kysely<any>
type Builder = ExpressionBuilder<any, any>
type Data = Record<string, Record<string, number>[]>
type JsonBuilder = ExpressionBuilder<{ person: { data: Data; list: Data[] } }, 'person'>

/** What Kysely's builders can say, with its values in all their places. Not all of it is SQLite's, and nothing of it is run. */
export const COMPILED_QUERIES: Readonly<Record<string, (db: Db) => Compilable>> = {
  'a point select': (db) => db.selectFrom('person').selectAll().where('id', '=', 1),
  'a select without a table': (db) => db.selectNoFrom(sql<number>`1`.as('one')),
  'columns, aliases and tables': (db) =>
    db
      .selectFrom('person as p')
      .select(['p.id', 'p.first_name as name', 'main.pet.name as pet'])
      .selectAll('p'),
  'a schema in the name': (db) => db.selectFrom('other.person').select('other.person.id'),
  'a schema for all': (db) =>
    db
      .withSchema('other')
      .selectFrom('person')
      .innerJoin('pet', 'pet.owner_id', 'person.id')
      .selectAll('pet'),
  'several tables': (db) => db.selectFrom(['person', 'pet as q']).select(['person.id', 'q.name']),
  'names that need their quotes': (db) =>
    db
      .selectFrom('a"b')
      .select(['"', 'sel ect as x"y', 'ü', '🦆 as duck', '__proto__', 'constructor as toString']),
  distinct: (db) => db.selectFrom('person').select('age').distinct(),
  'distinct on': (db) => db.selectFrom('person').distinctOn(['age', 'person.id']).selectAll(),
  'every join': (db) =>
    db
      .selectFrom('person')
      .innerJoin('pet as a', 'a.owner_id', 'person.id')
      .leftJoin('pet as b', (join) => join.onRef('b.owner_id', '=', 'person.id').on('b.age', '>', 3))
      .rightJoin('pet as c', 'c.owner_id', 'person.id')
      .fullJoin('pet as d', 'd.owner_id', 'person.id')
      .crossJoin('toy')
      .leftJoin(
        (eb) => eb.selectFrom('toy').select('toy.id as t').where('price', '<', 9).as('cheap'),
        (join) => join.on((eb) => eb.or([eb('cheap.t', '=', 1), eb('cheap.t', 'is', null)])).onTrue(),
      )
      .selectAll('person'),
  'and, or, not, exists': (db) =>
    db
      .selectFrom('person')
      .selectAll()
      .where((eb) =>
        eb.or([
          eb.and([eb('age', '>', 1), eb('age', '<', 9), eb.not(eb('name', 'like', 'x%'))]),
          eb.exists(eb.selectFrom('pet').select('pet.id').whereRef('pet.owner_id', '=', 'person.id')),
          eb.between('age', 1, 9),
          eb.betweenSymmetric('age', 9, 1),
          eb.lit(true),
        ]),
      )
      .where('id', 'not in', [1, 2, 3])
      .where('id', 'in', (eb: Builder) => eb.selectFrom('pet').select('owner_id'))
      .where('name', 'is not', null)
      .where('age', 'is distinct from', 4),
  'an empty list': (db) => db.selectFrom('person').select('id').where('id', 'in', []),
  'values of every type': (db) =>
    db
      .selectFrom('person')
      .select('id')
      .where('a', '=', null)
      .where('b', '=', 12n)
      .where('c', '=', new Date(0))
      .where('d', '=', Buffer.from('x'))
      .where('e', '=', undefined)
      .where('f', '=', { nested: [1] })
      .where('g', '=', ''),
  'written values': (db) =>
    db
      .selectFrom('person')
      .select((eb) => [eb.lit(1).as('a'), eb.lit(false).as('b'), eb.lit(null).as('c'), eb.val('v').as('d')])
      .where('name', '=', sql.lit("it's")),
  tuples: (db) =>
    db
      .selectFrom('person')
      .selectAll()
      .where((eb) => eb(eb.refTuple('a', 'b'), 'in', [eb.tuple(1, 2), eb.tuple(3, 4)])),
  'arithmetic and unary operators': (db) =>
    db
      .selectFrom('person')
      .select((eb) => [eb('age', '+', eb('age', '*', 2)).as('a'), eb.neg(eb.ref('age')).as('b')])
      .select((eb) => eb.parens(eb('age', '-', 1)).as('c')),
  'subqueries in a selection': (db) =>
    db
      .selectFrom('person')
      .select(({ selectFrom, parens, ref }) => [
        selectFrom('pet').select('name').whereRef('owner_id', '=', ref('person.id')).limit(1).as('pet'),
        parens(selectFrom('pet').select('id').limit(1)).as('other'),
      ]),
  'a subquery in from': (db) =>
    db
      .selectFrom(db.selectFrom('person').select('id').where('age', '>', 1).as('p'))
      .selectAll()
      .where('p.id', '=', (eb: Builder) => eb.selectFrom('pet').select((pet) => pet.fn.max('id').as('m'))),
  functions: (db) =>
    db.selectFrom('person').select(({ fn, ref, val }) => [
      fn.countAll().as('a'),
      fn.count('id').distinct().as('b'),
      fn.sum('age').filterWhere('age', '>', 3).as('c'),
      fn.coalesce('name', val('none')).as('d'),
      fn<string>('upper', [ref('name')]).as('e'),
      fn.agg('group_concat', ['name']).orderBy('name', 'desc').as('f'),
      fn
        .avg('age')
        .over((over) => over.partitionBy(['a', 'b']).orderBy('c', 'desc'))
        .as('g'),
      fn.max('age').over().as('h'),
    ]),
  cases: (db) =>
    db.selectFrom('person').select((eb) => [
      eb.case().when('age', '>', 3).then('old').when('age', '>', 1).then('young').else('new').end().as('a'),
      eb
        .case('age')
        .when(1 as never)
        .then(eb.selectFrom('pet').select('id').limit(1))
        .end()
        .as('b'),
    ]),
  'json paths': (db) =>
    db
      .selectFrom('person')
      .select((eb: JsonBuilder) => [
        eb.ref('data', '->').key('a').at(0).key('b').as('a'),
        eb.ref('data', '->>').key("it's").at('last').as('b'),
        eb.ref('data', '->$').key('x"y').at('#-1').as('c'),
        eb.ref('person.data', '->>$').key('back\\slash').as('d'),
        eb.jsonPath<'data'>().key('k').at(1).as('e'),
      ]),
  cast: (db) => db.selectFrom('person').select((eb) => eb.cast('age', 'text').as('a')),
  'group by and having': (db) =>
    db
      .selectFrom('person')
      .select(['age', (eb) => eb.fn.countAll().as('n')])
      .groupBy(['age', sql`length(name)`])
      .having((eb) => eb.fn.countAll(), '>', 2)
      .having('age', '<', 9),
  'order, limit, offset': (db) =>
    db
      .selectFrom('person')
      .selectAll()
      .orderBy('age')
      .orderBy('name', 'desc')
      .orderBy('id', (o) => o.desc().nullsLast())
      .orderBy('x', (o) => o.collate('nocase').asc().nullsFirst())
      .orderBy(sql`random()`)
      .limit(10)
      .offset(20),
  'limits that are expressions': (db) =>
    db
      .selectFrom('person')
      .selectAll()
      .limit(sql<number>`1 + ${1}`)
      .offset((eb: any) => eb.selectFrom('pet').select('id').limit(1)),
  'fetch, top, modifiers': (db) =>
    db
      .selectFrom('person')
      .selectAll()
      .modifyFront(sql`all`)
      .top(3, 'percent')
      .fetch(5, 'with ties')
      .forUpdate('person')
      .skipLocked(),
  'set operations': (db) =>
    db
      .selectFrom('person')
      .select('id')
      .union(db.selectFrom('pet').select('id'))
      .unionAll((eb) => eb.parens(eb.selectFrom('toy').select('id')))
      .intersect(db.selectFrom('a').select('id').where('x', '=', 1))
      .except(db.selectFrom('b').select('id'))
      .orderBy('id'),
  'common table expressions': (db) =>
    db
      .with('old', (q) => q.selectFrom('person').selectAll().where('age', '>', 60))
      .with('more(a, b)', (q) => q.selectFrom('old').select(['id as a', 'name as b']))
      .with(
        (cte) => cte('kept').materialized(),
        (q) => q.selectFrom('pet').selectAll(),
      )
      .with(
        (cte) => cte('not_kept').notMaterialized(),
        (q) => q.insertInto('pet').values({ name: 'x' }).returning('id'),
      )
      .selectFrom(['old', 'more', 'kept', 'not_kept'])
      .selectAll(),
  'a recursive one': (db) =>
    db
      .withRecursive('n(i)', (q) =>
        q.selectNoFrom(sql<number>`1`.as('i')).unionAll(
          q
            .selectFrom('n')
            .select((eb) => eb('i', '+', 1).as('i'))
            .where('i', '<', 9),
        ),
      )
      .selectFrom('n')
      .selectAll(),
  'raw SQL': (db) =>
    db.selectFrom('person').select(
      sql<number>`${sql.ref('person.id')} + ${1} + ${sql.lit('x')} + ${sql.id('a', 'b')} + ${sql.table('t.u')}
        + ${sql.join([1, sql`2`, db.selectFrom('pet').select('id')])} + ${sql.raw('3')} + ${sql.val(null)}`.as(
        'all',
      ),
    ),
  'raw SQL alone': (db) => ({
    compile: () => sql`pragma x = ${1}; ${db.selectFrom('pet').selectAll()}`.compile(db),
  }),
  'a dynamic reference': (db) => {
    const { ref } = db.dynamic
    return db
      .selectFrom('person as p')
      .select([ref<any>('p.name as n')])
      .orderBy(ref<any>('n'))
  },
  explained: (db) => {
    const query = db.selectFrom('person').selectAll().toOperationNode()
    const node = QueryNode.cloneWithExplain(query, 'json', sql`query plan`)
    return { compile: () => db.getExecutor().compileQuery(node, createQueryId()) }
  },
  'inserted rows': (db) => db.insertInto('person').values({ first_name: 'a', last_name: 'b', age: 3 }),
  'rows with different columns': (db) =>
    db.insertInto('person').values([{ a: 1 }, { b: 2, a: undefined }, { c: sql`upper(${'x'})`, b: null }]),
  'inserted subqueries': (db) =>
    db.insertInto('person').values((eb) => ({
      a: eb.selectFrom('pet').select('id').limit(1),
      b: eb.fn('upper', [eb.val('x')]),
      c: eb('age', '+', 1),
    })),
  'an insert from a select': (db) =>
    db
      .insertInto('person')
      .columns(['a', 'b'])
      .expression((eb) => eb.selectFrom('pet').select(['a', 'b']).where('id', '=', 1)),
  'an insert from a with': (db) =>
    db
      .with('x', (q) => q.selectFrom('pet').selectAll())
      .insertInto('person')
      .expression(db.selectFrom('x').selectAll()),
  'an insert without values': (db) => db.insertInto('person').defaultValues().returningAll(),
  'insert or': (db) => db.insertInto('person as p').orReplace().values({ a: 1 }).returning(['p.a', 'b as c']),
  'insert or ignore': (db) => db.insertInto('person').orIgnore().values({ a: 1 }),
  'insert ignore': (db) => db.insertInto('person').ignore().values({ a: 1 }),
  replaced: (db) => db.replaceInto('person').values({ a: 1 }),
  'on conflict do nothing': (db) =>
    db
      .insertInto('person')
      .values({ a: 1 })
      .onConflict((oc) => oc.column('a').doNothing()),
  'on conflict do update': (db) =>
    db
      .insertInto('person')
      .values({ a: 1 })
      .onConflict((oc) =>
        oc
          .columns(['a', 'b'])
          .where('c', '=', 1)
          .doUpdateSet((eb) => ({ a: eb.ref('excluded.a'), b: 2 }))
          .where('person.d', '>', 5),
      ),
  'on conflict with an expression or a constraint': (db) =>
    db
      .insertInto('person')
      .values({ a: 1 })
      .onConflict((oc) => oc.expression(sql`lower(a)`).doUpdateSet({ a: 2 })),
  'on duplicate key': (db) =>
    db
      .insertInto('person')
      .values({ a: 1 })
      .onDuplicateKeyUpdate({ a: 2, b: sql`b + ${1}` }),
  updated: (db) => db.updateTable('person').set({ age: 3, name: 'x' }).where('id', '=', 1),
  'updated by expressions': (db) =>
    db
      .updateTable('person as p')
      .set((eb) => ({ age: eb('age', '+', 1), pet: eb.selectFrom('pet').select('id').limit(1) }))
      .set('name', sql`upper(name)`)
      .where('p.id', '=', 1)
      .returning('p.id'),
  'updated from': (db) =>
    db
      .updateTable('person')
      .from('pet')
      .innerJoin('toy', 'toy.pet_id', 'pet.id')
      .set({ a: 1 })
      .whereRef('pet.owner_id', '=', 'person.id'),
  'updated with a limit': (db) => db.updateTable('person').set({ a: 1 }).orderBy('id').limit(1).top(2),
  deleted: (db) => db.deleteFrom('person').where('id', '=', 1).returningAll(),
  'deleted using': (db) =>
    db
      .deleteFrom('person')
      .using(['pet', 'toy'])
      .leftJoin('x', 'x.id', 'pet.id')
      .whereRef('pet.id', '=', 'toy.id'),
  'deleted with a limit': (db) =>
    db
      .with('x', (q) => q.deleteFrom('pet').returning('id'))
      .deleteFrom('person')
      .orderBy('id', 'desc')
      .limit(3),
  merged: (db) =>
    db
      .mergeInto('person as p')
      .using('pet', 'pet.owner_id', 'p.id')
      .whenMatchedAnd('pet.id', '>', 1)
      .thenDelete()
      .whenMatched()
      .thenUpdateSet({ a: 1 })
      .whenNotMatched()
      .thenInsertValues({ a: 1, b: sql`2` }),
  'output of a merge': (db) => db.deleteFrom('person').output('deleted.id').where('id', '=', 1),
  'a table': (db) =>
    db.schema
      .createTable('person')
      .temporary()
      .ifNotExists()
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('a', 'varchar(20)', (c) =>
        c
          .notNull()
          .unique()
          .defaultTo('x')
          .check(sql`length(a) > ${2}`),
      )
      .addColumn('b', sql`blob`, (c) => c.references('pet.id').onDelete('cascade').onUpdate('set null'))
      .addColumn('c', 'numeric(4, 2)', (c) =>
        c.defaultTo(sql`current_timestamp`).modifyEnd(sql`collate nocase`),
      )
      .addColumn('d', 'integer', (c) => c.generatedAlwaysAs(sql`id + 1`).stored())
      .addColumn('e', 'integer', (c) =>
        c
          .unsigned()
          .defaultTo(null)
          .modifyFront(sql`x`),
      )
      .addPrimaryKeyConstraint('pk', ['id', 'a'])
      .addUniqueConstraint('un', ['a'], (u) => u.nullsNotDistinct())
      .addForeignKeyConstraint('fk', ['b', 'c'], 'pet', ['id', 'x'], (f) =>
        f.onDelete('restrict').onUpdate('no action').deferrable().initiallyDeferred(),
      )
      .addCheckConstraint('ch', sql`a > 1`)
      .modifyFront(sql`x`)
      .modifyEnd(sql`without rowid, strict`),
  'a table from a select': (db) =>
    db.schema.createTable('copy').as(db.selectFrom('person').selectAll().where('id', '=', sql.lit(1))),
  'an index': (db) =>
    db.schema
      .createIndex('i')
      .unique()
      .ifNotExists()
      .on('person')
      .columns(['a', 'b desc'])
      .expression(sql`lower(c)`)
      .where('a', '=', 1),
  'a dropped index': (db) => db.schema.dropIndex('i').ifExists().on('person').cascade(),
  'a view': (db) =>
    db.schema
      .createView('v')
      .temporary()
      .ifNotExists()
      .columns(['a', 'b'])
      .as(db.selectFrom('person').select(['a', 'b']).where('x', '=', 'y')),
  'a dropped view': (db) => db.schema.dropView('v').ifExists().cascade(),
  'a dropped table': (db) => db.schema.dropTable('other.person').ifExists().cascade(),
  'an altered table': (db) =>
    db.schema.alterTable('person').addColumn('x', 'text', (c) => c.notNull().defaultTo('')),
  'altered columns': (db) =>
    db.schema
      .alterTable('person')
      .dropColumn('x')
      .renameColumn('a', 'b')
      .alterColumn('c', (c) => c.setDataType('text'))
      .alterColumn('d', (c) => c.setDefault(3)),
  'a renamed table': (db) => db.schema.alterTable('person').renameTo('people'),
  'an added constraint': (db) => db.schema.alterTable('person').addUniqueConstraint('u', ['a', 'b']),
  'a schema': (db) => db.schema.createSchema('s').ifNotExists(),
  'a type': (db) => db.schema.createType('t').asEnum(['a', "b'c"]),
}
