namespace MergeHost.Plugins.Vocabulary.Reports;

/// <summary>Short texts of several languages and kinds, by which tokenizers are compared where the recipe names no sample.</summary>
internal static class SampleTexts
{
    /// <summary>The texts.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "The harbour was quiet when the last ferry came in, and nobody noticed the two crates on the deck.",
        "She didn't answer; he'd asked twice already. \"Well?\" he said. \"We can't wait until Monday.\"",
        "Water boils at 100 degrees Celsius at sea level, and at about 93 degrees in Mexico City (2,240 m).",
        "Net sales rose 8.3 % to EUR 1,254.7 million; operating profit was 97.5 (2024: 88.1) million.",
        "Proof. Let x > 0 and y = x + 1. Then x * y = x^2 + x, so that x^2 < x * y < (x + 1)^2. QED",
        "def mean(values):\n    total = 0.0\n    for value in values:\n        total += value\n    return total / len(values)\n",
        "for (int i = 0; i < count; i++)\n{\n\tsum += data[i] & 0xFF;\n}\n",
        "SELECT name, COUNT(*) FROM orders WHERE total >= 10 GROUP BY name ORDER BY 2 DESC;",
        "{\"id\": 17, \"tags\": [\"a\", \"b\"], \"price\": 12.50, \"ok\": true, \"next\": null}",
        "# Title\n\n- first item\n- second item\n\n1. one\n2. two\n\n| a | b |\n| --- | --- |\n",
        "https://example.org/path/to/page?query=1&lang=en#part",
        "Der Zug fährt um 7:45 Uhr ab; wer zu spät kommt, muss über Köln fahren. Straße, Größe, Äpfel.",
        "L'été dernier, nous avons passé trois semaines à la montagne, où il n'y avait ni bruit ni télévision.",
        "El niño preguntó: «¿Cuándo volverá mañana el señor Ibáñez?» ¡Qué pregunta tan difícil!",
        "Утром шёл дождь, но к полудню небо прояснилось, и мы отправились к реке.",
        "今日は天気がいいので、友達と公園へ散歩に行きました。",
        "他昨天买了三本书，今天已经读完了第一本。",
        "오늘은 날씨가 맑아서 친구와 함께 공원을 걸었습니다.",
        "ذهبت إلى السوق صباحًا واشتريت الخبز والفاكهة.",
        "सुबह की चाय के बाद हम बाज़ार गए और सब्ज़ियाँ खरीदीं।",
        "  two  spaces,\ttabs and\n\n\nempty lines  ",
        "😀 👩‍👩‍👧 é e\u0301 ﬁ ½ № ™ → ∑ √2 ≈ 1.414",
        "1234567890 3.14159265 1e-9 0x7fffffff 2026-11-30T14:15:00Z +49 30 901820",
        "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis hippopotomonstrosesquippedaliophobia",
    ];
}
