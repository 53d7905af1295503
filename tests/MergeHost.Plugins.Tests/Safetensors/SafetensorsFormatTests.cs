using MergeHost.Plugins.Safetensors;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Safetensors;

public sealed class SafetensorsFormatTests : CheckpointWriterContract<SafetensorsFormat>;
