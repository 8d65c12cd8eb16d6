import { describe, expect, it } from 'vitest'
import { mountOf } from './machine.ts'

const MOUNTS = `/dev/vda / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
/dev/vdb /tmp/disk xfs rw 0 0
/dev/vdc /tm btrfs rw 0 0
`

describe('mountOf', () => {
  it.each([
    ['/home/me', 'ext4'],
    ['/tmp/x', 'tmpfs'],
    ['/tmp', 'tmpfs'],
    ['/tmp/disk/run-1', 'xfs'],
    ['/tmp/diskette', 'tmpfs'],
  ])('finds the mount that %s lies on', (path, type) => {
    expect(mountOf(path, MOUNTS)).toBe(type)
  })
})
