// The words of attributes that are enumerations, as the schema has them.
import type { Written } from '../../../../schema/types.ts'

type Entries<T> = Exclude<T, readonly unknown[]>
type LongForm<T> = T extends readonly (infer Item)[] ? Extract<Item, object> : never

type WrittenMount = LongForm<Written<'volume_mounts'>>
type WrittenWatch = NonNullable<NonNullable<Written<'development'>>['watch']>[number]
type WrittenUpdate = NonNullable<NonNullable<Written<'deployment'>>['update_config']>

export type DependencyCondition = Entries<Written<'depends_on'>>[string]['condition']
export type MountType = WrittenMount['type']
export type BindRecursion = NonNullable<NonNullable<WrittenMount['bind']>['recursive']>
export type SelinuxLabel = NonNullable<NonNullable<WrittenMount['bind']>['selinux']>
export type WatchAction = WrittenWatch['action']
export type UpdateOrder = NonNullable<WrittenUpdate['order']>
export type CgroupNamespace = NonNullable<Written<'service'>['cgroup']>
