// Users: the log-in check, and who is signed in.
import 'server-only'
import { scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { requireSession } from '@/lib/dal'
import { db, type UserRow } from './demo-data'

export interface UserDto {
  id: string
  fullName: string
}

/** The user with this name and password, or null. The only function here that needs no session: it comes before one. */
export async function findUser(userName: string, password: string): Promise<UserDto | null> {
  const user = db.users.find((row) => row.userName === userName)
  // An unknown name costs as much time as a wrong password: both hash once.
  const matches = await passwordMatches(password, user ?? nobody)
  return user && matches ? toDto(user) : null
}

export async function getCurrentUser(): Promise<UserDto> {
  const { userId } = await requireSession()
  const user = db.users.find((row) => row.id === userId)
  if (!user) throw new Error('the session belongs to a user who no longer exists')
  return toDto(user)
}

const nobody = { salt: 'jWk4QgHGvpXcJVCGyyG1EA', hash: 'pajhwXzjeHVxIt-FkuQ81diSu92ZIPsEQXO9w51Brrw' }

const derive = promisify<string, Buffer, number, Buffer>(scrypt)

async function passwordMatches(password: string, { salt, hash }: Pick<UserRow, 'salt' | 'hash'>) {
  const expected = Buffer.from(hash, 'base64url')
  const actual = await derive(password, Buffer.from(salt, 'base64url'), expected.length)
  return timingSafeEqual(actual, expected)
}

function toDto({ id, fullName }: UserRow): UserDto {
  return { id, fullName }
}
