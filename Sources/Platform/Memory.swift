internal import CPlatform

/// Gives memory that was freed back to the system: after a rush the allocator keeps it otherwise. Takes some milliseconds.
public func giveMemoryBack() { cplatform_trim() }

/// Each thread's free memory above half a megabyte goes back to the system as it is freed. Otherwise the allocator lets the limit grow with
/// what it once handed out, and what a rush took at the end of a thread's memory is never given back, not even when it is asked for
/// (mallopt(3), M_TRIM_THRESHOLD; malloc_trim(3), Notes). To be called before other threads are there.
public func keepLittleMemory() { cplatform_keep_little() }
