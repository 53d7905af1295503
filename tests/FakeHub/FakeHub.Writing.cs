using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace MergeHost.Fakes;

/// <summary>The parts of the hub that are written to.</summary>
public sealed partial class FakeHub
{
    private readonly Dictionary<string, byte[]> _large = [];
    private readonly Dictionary<string, byte[]> _parts = [];

    /// <summary>The largest file that is uploaded in one piece.</summary>
    public int PartBytes { get; set; } = 1 << 20;

    /// <summary>What was pushed, commit after commit.</summary>
    public List<FakeCommit> Commits { get; } = [];

    /// <summary>How many bytes of large files came.</summary>
    public long UploadedBytes { get; private set; }

    private void AnswerWrite(HttpContext context, string[] parts)
    {
        using StreamReader reader = new(context.Request.Body, Encoding.UTF8);
        string body = reader.ReadToEnd();
        if (parts is ["api", "validate-yaml"])
        {
            bool isWrong = body.Contains("blended", StringComparison.Ordinal);
            Json(context,
                new
                {
                    errors = isWrong ? [new { message = "base_model_relation must be another" }] : Array.Empty<object>(),
                    warnings = Array.Empty<object>()
                }, isWrong ? 400 : 200);
        }
        else if (context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            Status(context, 403, ("X-Error-Message", "You may not write"));
        }
        else if (parts is ["api", "repos", "create"])
        {
            JsonNode asked = JsonNode.Parse(body)!;
            string id = $"{asked["organization"]}/{asked["name"]}";
            bool isNew = _models.TryAdd(id, new FakeModel([]) { IsPrivate = (string?)asked["visibility"] == "private" });
            Json(context, new { url = $"{Endpoint}/{id}" }, isNew ? 200 : 409);
        }
        else if (parts is ["api", "complete", var digest])
        {
            byte[] content = [.. _parts.Where(part => part.Key.StartsWith(digest + "/", StringComparison.Ordinal))
                .OrderBy(part => part.Key, StringComparer.Ordinal).SelectMany(part => part.Value)];
            _large[digest] = content;
            Json(context, new { }, Digest(content) == digest ? 200 : 400);
        }
        else if (parts[^1] == "batch")
        {
            JsonNode entry = JsonNode.Parse(body)!["objects"]![0]!;
            Json(context, new { objects = new[] { Batch((string)entry["oid"]!, (long)entry["size"]!) } }, 200);
        }
        else if (parts[^1] == "verify")
        {
            Json(context, new { }, _large.ContainsKey((string)JsonNode.Parse(body)!["oid"]!) ? 200 : 404);
        }
        else
        {
            AnswerCommit(context, _models[$"{parts[2]}/{parts[3]}"], parts, body);
        }
    }

    private void AnswerCommit(HttpContext context, FakeModel model, string[] parts, string body)
    {
        string branch = parts[5];
        if (parts[4] == "branch")
        {
            Json(context, new { }, model.Branches.TryAdd(branch, model.Branches["main"]) ? 200 : 409);
        }
        else if (parts[4] == "preupload")
        {
            object[] files = [.. JsonNode.Parse(body)!["files"]!.AsArray().Select(file => (string)file!["path"]!).Select(path => new
            {
                path,
                uploadMode = FakeModel.IsLarge(path) ? "lfs" : "regular",
                oid = model.Files.ContainsKey(path) ? model.Digest(path) : null,
            })];
            Json(context, new { files, commitOid = model.Branches[branch] }, 200);
        }
        else
        {
            JsonNode[] lines = [.. body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
            string parent = (string)lines[0]["value"]!["parentCommit"]!;
            if (parent != model.Branches[branch])
            {
                Status(context, 412);
                return;
            }

            FakeCommit commit = new((string)lines[0]["value"]!["summary"]!,
                Target(context).EndsWith("create_pr=1", StringComparison.Ordinal),
                [.. lines[1..].Select(line => (string)line["value"]!["path"]!)]);
            Commits.Add(commit);
            string oid = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))[..40];
            foreach (JsonNode line in commit.IsProposal ? [] : lines[1..])
            {
                JsonNode value = line["value"]!;
                model.Files[(string)value["path"]!] = (string)line["key"]! == "file"
                    ? Convert.FromBase64String((string)value["content"]!)
                    : _large[(string)value["oid"]!];
            }

            model.Branches[branch] = commit.IsProposal ? parent : oid;
            if (!LosesAnswers)
            {
                Json(context,
                    new
                    {
                        commitOid = oid,
                        commitUrl = $"{Endpoint}/commit/{oid}",
                        pullRequestUrl = commit.IsProposal ? $"{Endpoint}/discussions/1" : null
                    }, 200);
                return;
            }

            context.Abort();
        }
    }

    /// <summary>Whether commits are made, and nobody is told.</summary>
    public bool LosesAnswers { get; set; }

    private object Batch(string digest, long lengthBytes)
    {
        if (_large.ContainsKey(digest))
        {
            return new { oid = digest };
        }

        object verify = new { href = $"{Endpoint}/any.git/info/lfs/objects/verify" };
        if (lengthBytes <= PartBytes)
        {
            return new { oid = digest, actions = new { upload = new { href = $"{Storage}/{digest}?Signature=secret" }, verify } };
        }

        Dictionary<string, string> header = new() { ["chunk_size"] = PartBytes.ToString(CultureInfo.InvariantCulture) };
        for (int part = 1; (part - 1) * (long)PartBytes < lengthBytes; part++)
        {
            header[part.ToString(CultureInfo.InvariantCulture)] = string.Create(CultureInfo.InvariantCulture,
                $"{Storage}/{digest}/{part:00}?Signature=secret");
        }

        return new { oid = digest, actions = new { upload = new { href = $"{Endpoint}/api/complete/{digest}", header }, verify } };
    }

    private void TakeUpload(HttpContext context)
    {
        using MemoryStream content = new();
        context.Request.Body.CopyTo(content);
        string path = context.Request.Path.Value!.Trim('/');
        lock (_parts)
        {
            UploadedBytes += content.Length;
            (Part().IsMatch(path) ? _parts : _large)[path] = content.ToArray();
        }

        Status(context, 200, ("ETag", "\"part\""));
    }

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    [GeneratedRegex(@"/\d+$")]
    private static partial Regex Part();
}

/// <summary>A commit that was pushed.</summary>
public sealed record FakeCommit(string Summary, bool IsProposal, string[] Paths);
