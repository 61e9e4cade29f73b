import type { ContentSource } from '../../domain/workflow/content-source.ts'
import type { LoadedContent } from '../../store/content/load-content.ts'

/** The content in force. Whoever holds it sees what is in force at the moment of asking. */
export class CurrentContent implements ContentSource {
  #content: LoadedContent

  constructor(content: LoadedContent) {
    this.#content = content
  }

  get loaded(): LoadedContent {
    return this.#content
  }

  replace(content: LoadedContent): void {
    this.#content = content
  }

  bootEnv(name: string): ReturnType<ContentSource['bootEnv']> {
    return this.#content.bootEnv(name)
  }

  bootEnvs(): ReturnType<ContentSource['bootEnvs']> {
    return this.#content.bootEnvs()
  }

  workflow(name: string): ReturnType<ContentSource['workflow']> {
    return this.#content.workflow(name)
  }

  workflows(): ReturnType<ContentSource['workflows']> {
    return this.#content.workflows()
  }

  seedRole(name: string): ReturnType<ContentSource['seedRole']> {
    return this.#content.seedRole(name)
  }

  seedNames(): readonly string[] {
    return this.#content.seedNames()
  }

  param(name: string): ReturnType<ContentSource['param']> {
    return this.#content.param(name)
  }

  params(): ReturnType<ContentSource['params']> {
    return this.#content.params()
  }

  profile(name: string): ReturnType<ContentSource['profile']> {
    return this.#content.profile(name)
  }

  profiles(): ReturnType<ContentSource['profiles']> {
    return this.#content.profiles()
  }

  rules(): ReturnType<ContentSource['rules']> {
    return this.#content.rules()
  }
}
