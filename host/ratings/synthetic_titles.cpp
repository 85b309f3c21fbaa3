#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "ratings/synthetic.h"
#include "ratings/synthetic_world.h"

namespace anirec {
namespace {

constexpr std::size_t word_count = 12;
using Words = std::array<std::string_view, word_count>;

// Two words that say the genre. First words belong to one genre only, so that no two genres make the same title.
struct GenreWords {
  Words first, second;
};

constexpr std::array<GenreWords, synthetic_genres> genre_words = {{
    {{"Iron", "Crimson", "Thunder", "Burning", "Steel", "Savage", "Rapid", "Bullet", "Raging", "Blazing",
      "Armored", "Relentless"},
     {"Fist", "Brigade", "Blade", "Assault", "Vanguard", "Strike", "Gauntlet", "Showdown", "Onslaught", "Hunters",
      "Duel", "Rampage"}},
    {{"Uncharted", "Wandering", "Far", "Windborne", "Hidden", "Compass", "Caravan", "Skybound", "Seafaring",
      "Untold", "Roaming", "Horizon"},
     {"Isles", "Voyage", "Trail", "Expedition", "Treasure", "Odyssey", "Pathfinders", "Journey", "Maps",
      "Crossing", "Frontier", "Wayfarers"}},
    {{"Clumsy", "Ridiculous", "Giggling", "Hopeless", "Noodle", "Slapstick", "Goofy", "Absurd", "Unlucky",
      "Pudding", "Banana", "Loudmouth"},
     {"Landlord", "Detention", "Mishaps", "Neighbors", "Sidekick", "Club", "Butlers", "Blunders", "Panic",
      "Circus", "Roommates", "Disaster"}},
    {{"Silent", "Fading", "Broken", "Autumn", "Tearful", "Unsent", "Distant", "Fragile", "Farewell", "Forgotten",
      "Bitter", "Last"},
     {"Letters", "Piano", "Promise", "Family", "Seasons", "Confession", "Portrait", "Rain", "Homecoming", "Elegy",
      "Memories", "Sonata"}},
    {{"Elven", "Dragon", "Runic", "Enchanted", "Wyvern", "Sorcerous", "Mythril", "Fabled", "Arcane", "Griffin",
      "Druid", "Spellbound"},
     {"Kingdom", "Chronicle", "Throne", "Grimoire", "Quest", "Sage", "Citadel", "Oath", "Realm", "Prophecy",
      "Saga", "Crown"}},
    {{"Bloodless", "Rotting", "Whispering", "Cursed", "Grave", "Gallows", "Carrion", "Hollow", "Midnight",
      "Shrieking", "Skinless", "Bone"},
     {"Asylum", "Dolls", "Corridor", "Feast", "Nightmare", "Cellar", "Scream", "Ritual", "Morgue", "Lullaby",
      "Mirror", "Harvest"}},
    {{"Locked", "Vanishing", "Cipher", "Alibi", "Foggy", "Unsolved", "Thirteenth", "Secret", "Masked", "Clockwork",
      "Missing", "Cryptic"},
     {"Detective", "Evidence", "Case", "Witness", "Riddle", "Manor", "Testimony", "Clue", "Inspector", "Enigma",
      "Verdict", "Suspect"}},
    {{"Sweet", "Blushing", "Cherry", "Heartbeat", "Rosy", "Moonlit", "First", "Honey", "Tender", "Valentine",
      "Starcrossed", "Lovestruck"},
     {"Kiss", "Love", "Bouquet", "Wedding", "Sweetheart", "Embrace", "Courtship", "Darling", "Date", "Ribbon",
      "Crush", "Waltz"}},
    {{"Starship", "Orbital", "Quantum", "Cyber", "Galactic", "Neon", "Android", "Lunar", "Photon", "Nebula",
      "Martian", "Warp"},
     {"Requiem", "Protocol", "Colony", "Circuit", "Fleet", "Paradox", "Reactor", "Signal", "Singularity",
      "Station", "Zero", "Exodus"}},
    {{"Sunday", "Lazy", "Teatime", "Afternoon", "Cozy", "Countryside", "Laundry", "Everyday", "Gentle", "Bakery",
      "Rooftop", "Seaside"},
     {"Diary", "Cafe", "Picnic", "Days", "Kitchen", "Garden", "Bookshop", "Holiday", "Lunchbox", "Veranda",
      "Weekend", "Stroll"}},
    {{"Grand", "Champion", "Ninth", "Overtime", "Marathon", "Slam", "Racket", "Volley", "Sprint", "Stadium",
      "Underdog", "Rookie"},
     {"Inning", "League", "Goal", "Relay", "Cup", "Team", "Pitch", "Coach", "Court", "Dash", "Tournament",
      "Rally"}},
    {{"Phantom", "Spirit", "Fox-fire", "Haunted", "Shrine", "Reaper", "Ghostly", "Twilight", "Medium", "Psychic",
      "Karmic", "Otherworld"},
     {"Exorcist", "Lantern", "Gate", "Seance", "Familiar", "Apparition", "Pact", "Talisman", "Possession",
      "Wraith", "Shikigami", "Veil"}},
}};

constexpr std::array<std::string_view, 6> endings = {"", " II", ": The Movie", " Returns", " Origins", " Finale"};

// The `ordinal`-th title of a genre; no two ordinals give the same.
std::string base_title(std::size_t genre, std::uint64_t ordinal) {
  constexpr std::uint64_t pairs = word_count * word_count, stride = 89;  // coprime, so that neighbours differ
  const std::uint64_t pair = ordinal * stride % pairs, round = ordinal / pairs;
  std::string title(genre_words[genre].first[pair / word_count]);
  title += ' ';
  title += genre_words[genre].second[pair % word_count];
  title += endings[round % endings.size()];
  const std::uint64_t number = round / endings.size() + 1;
  if (number > 1) title += " #" + std::to_string(number);
  return title;
}

// A few titles carry what readers of CSV stumble over.
std::string title_of(std::size_t genre, std::uint64_t ordinal, std::uint64_t item) {
  std::string title = base_title(genre, ordinal);
  if (item % 37 == 5) title += ", or the Long Way Home";
  if (item % 41 == 7) title += ": \"Encore\"";
  if (item % 43 == 11) title += " – Épilogue ♥";
  return title;
}

void append_quoted(std::string& out, std::string_view field) {
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

void generate_titles(const SyntheticOptions& options, const TextSink& titles) {
  check_synthetic_options(options);
  std::array<std::uint64_t, synthetic_genres> ordinal = {};
  std::string out = "MAL_ID,Name,Score,Genres,Type,Episodes\n";
  for (std::uint64_t i = 0; i < options.items; ++i) {
    const SyntheticItem item = synthetic_item(options, i);
    const std::string title = title_of(item.genres[0], ordinal[item.genres[0]]++, i);
    out += std::to_string(item.id);
    out += ',';
    if (title.find_first_of(",\"") == title.npos)
      out += title;
    else
      append_quoted(out, title);
    const int score = std::clamp(static_cast<int>(750 + 100 * item.quality), 100, 1000);  // in hundredths
    char text[16];
    std::snprintf(text, sizeof text, ",%d.%02d,", score / 100, score % 100);
    out += text;
    std::string genres;
    for (std::size_t k = 0; k < item.genre_count; ++k) {
      if (k != 0) genres += ", ";
      genres += synthetic_genre_names[item.genres[k]];
    }
    append_quoted(out, genres);
    out += item.episodes == 1 ? ",Movie," : item.episodes < 12 ? ",OVA," : ",TV,";
    out += std::to_string(item.episodes);
    out += '\n';
    if (out.size() >= 1 << 20) {
      titles(out);
      out.clear();
    }
  }
  titles(out);
}

}  // namespace anirec
