// torch's count of live tensors is the whole process's.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
