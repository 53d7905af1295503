using System.ComponentModel;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace MergeHost.Plugins.Metadata;

/// <summary>The doc comments of a plugin's types, from the file that the compiler writes beside the assembly.</summary>
internal sealed partial class OptionDocs
{
    private readonly Dictionary<string, XElement> _members = [];

    private OptionDocs()
    {
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace { get; }

    /// <summary>Reads a plugin's doc comments; where there are none that can be read, every summary is missing.</summary>
    public static OptionDocs Read(PluginInfo plugin)
    {
        OptionDocs docs = new();
        try
        {
            IEnumerable<XElement> members = plugin.DocPath is null ? [] : XDocument.Load(plugin.DocPath).Descendants("member");
            foreach (XElement member in members)
            {
                if (member.Attribute("name")?.Value is { } name)
                {
                    docs._members[name] = member;
                }
            }
        }
        catch (Exception exception) when (exception is XmlException or IOException or UnauthorizedAccessException)
        {
            // Help is a courtesy: a plugin works without it.
        }

        return docs;
    }

    /// <summary>The summary of a type, a property or an enumeration's value as plain text.</summary>
    /// <returns>The text, or what the member says of itself by an attribute, as those of the contracts do;
    /// <see langword="null"/> if it has neither.</returns>
    public string? Summary(MemberInfo member) => Text(member, "summary") ?? member.GetCustomAttribute<DescriptionAttribute>()?.Description;

    /// <summary>Another part of a member's doc comment as plain text, such as its remarks.</summary>
    /// <returns>The text, or <see langword="null"/> if the member has no such part.</returns>
    public string? Text(MemberInfo member, string part) =>
        Member(member)?.Element(part) is { } element ? WhiteSpace.Replace(Plain(element), " ").Trim() : null;

    /// <summary>What a member's doc comment refers the reader to: texts with their addresses.</summary>
    public IReadOnlyList<(string Title, string Address)> Sources(MemberInfo member) =>
    [
        .. (Member(member)?.Elements("seealso") ?? []).Where(element => element.Attribute("href") is not null)
            .Select(element => (WhiteSpace.Replace(Inner(element), " ").Trim(), element.Attribute("href")!.Value)),
    ];

    private XElement? Member(MemberInfo member) => _members.GetValueOrDefault(member switch
    {
        Type type => $"T:{Name(type)}",
        PropertyInfo => $"P:{Name(member.DeclaringType!)}.{member.Name}",
        _ => $"F:{Name(member.DeclaringType!)}.{member.Name}",
    });

    private static string Name(Type type) => type.FullName!.Replace('+', '.');

    private static string Plain(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "para" } paragraph => $" {Inner(paragraph)} ",
        XElement { HasElements: false, IsEmpty: true } empty => Referred(empty),
        XElement element => Inner(element),
        _ => "",
    };

    private static string Inner(XElement element) => string.Concat(element.Nodes().Select(Plain));

    /// <summary>What an empty element stands for: the last part of a member's name, a keyword, a parameter, an address.</summary>
    private static string Referred(XElement element)
    {
        XAttribute? target = element.Attributes()
            .FirstOrDefault(attribute => attribute.Name.LocalName is "cref" or "langword" or "name" or "href");
        string text = target?.Value ?? "";
        return target?.Name.LocalName != "cref" ? text : text.Split('(')[0].Split('.')[^1].Split('`')[0].Split(':')[^1];
    }
}
