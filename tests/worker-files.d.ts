/** What only workers have of the origin private file system: the engine's loader is checked with the tests that call it. */
interface FileSystemSyncAccessHandle {
  getSize(): number;
  truncate(sizeBytes: number): void;
  write(bytes: AllowSharedBufferSource, options?: { readonly at?: number }): number;
  flush(): void;
  close(): void;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
