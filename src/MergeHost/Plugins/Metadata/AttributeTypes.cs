using System.Reflection.Metadata;

namespace MergeHost.Plugins.Metadata;

/// <summary>Lets the metadata reader decode attribute arguments without loading a type: each type is its full name.</summary>
internal sealed class AttributeTypes : ICustomAttributeTypeProvider<string>
{
    public static string FullName(MetadataReader metadata, TypeReference type) =>
        $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

    public string GetSystemType() => typeof(Type).FullName!;

    public bool IsSystemType(string type) => type == GetSystemType();

    public string GetSZArrayType(string elementType) => elementType + "[]";

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        reader.GetString(reader.GetTypeDefinition(handle).Name);

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        FullName(reader, reader.GetTypeReference(handle));

    public string GetTypeFromSerializedName(string name) => name;

    // Enumerations of the contracts are all of this type.
    public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;
}
