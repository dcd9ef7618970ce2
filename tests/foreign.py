"""Studies of others, made up: files as SPSS, Excel and programs for coding write them."""

import zipfile
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import pyreadstat

LABELS = {1: "strongly disagree", 2: "disagree", 3: "rather disagree"}
LABELS |= {4: "rather agree", 5: "agree", 6: "strongly agree", 9: "no answer"}
WARDS = {1: "Medical", 2: "Surgical", 3: "Intensive"}


def three_groups(path):
    """Write 300 people of three wards, 25 items from 1 to 6 with 9 for missing, as SPSS does."""
    rng = np.random.default_rng(7)
    ward = rng.choice([1, 2, 3], 300, p=[0.42, 0.33, 0.25])
    people = pd.DataFrame({"RespID": 770_001 + np.arange(300), "ward": ward})
    people["age"] = rng.integers(19, 66, 300)
    people["shift"] = rng.choice([1, 2], 300)
    mood = rng.normal(0, 0.8, 300)
    for n in range(1, 26):
        sign = -1 if n in (4, 9) else 1
        answer = 3.5 + sign * (mood + 0.4 * (ward - 2)) + rng.normal(0, 0.9, 300)
        people[f"q{n}"] = np.where(rng.random(300) < 0.03, 9, np.clip(np.round(answer), 1, 6))
    items = [f"q{n}" for n in range(1, 26)]
    pyreadstat.write_sav(
        people,
        path,
        column_labels=["Respondent", "Ward", "Age in years", "Shift"]
        + [f"Statement {n}" for n in range(1, 26)],
        variable_value_labels={"ward": WARDS, "shift": {1: "Day", 2: "Night"}}
        | dict.fromkeys(items, LABELS),
        missing_ranges={item: [9] for item in items},
    )
    return people


# Twenty answers; the marks *…* are what both coders take, _…_ what only the first one does.
SPANISH = """\
Lo que más me ayuda es *hablar con mis compañeras* cuando termina el turno de la noche.
Yo diría que *el descanso* y una comida caliente; y _que nadie me llame_ en esos días.
Mi jefa me escucha, y *saber que me apoya* me quita un peso de encima.
Necesitamos *más personal*, porque con tres pacientes graves no se llega a nada.
*Dormir bien*. Sin eso no hay técnica que valga, y lo sabemos todas aquí.
Salgo a *caminar por el río* con el perro, aunque llueva o haga mucho frío.
*Las compañeras del turno* son como una familia pequeña que se cuida sola.
Que el hospital *contrate a más gente* de una vez, y que dure más de un verano.
_La música_ en el coche de vuelta; con eso y *el silencio de mi casa* me recupero.
Un supervisor que *reconoce el trabajo* hecho, sin esperar a que algo salga mal.
*Contarlo a mi hermana*, que también es enfermera y entiende sin explicaciones.
Tener *los turnos con tiempo*, para poder ver a mis hijos antes de que se duerman.
Me ayuda *rezar un rato* en la capilla vieja, aunque no se lo digo a nadie.
*La siesta* de los martes, que defiendo como si fuera una cita con el médico.
El equipo, *reírnos juntas* en el peor momento, eso no lo enseña ninguna escuela.
Que los médicos *nos pregunten* antes de decidir algo sobre nuestros pacientes.
*Un contrato fijo*; con miedo a fin de mes nadie puede cuidar como se debe.
Leer novelas de barcos, y _no mirar el teléfono_ los domingos por la mañana.
*Hablar con la psicóloga* del sindicato una vez al mes me ha salvado dos veces.
Saber que *hay relevo* a la hora, y no tres horas después de lo prometido.
"""
THEMES = ["Apoyo/Compañeras", "Descanso", "Apoyo/Jefatura", "Personal", "Descanso"]
THEMES += ["Otro", "Apoyo/Compañeras", "Personal", "Descanso", "Apoyo/Jefatura"]
THEMES += ["Apoyo/Compañeras", "Personal", "Otro", "Descanso", "Apoyo/Compañeras"]
THEMES += ["Apoyo/Jefatura", "Personal", "Otro", "Apoyo/Compañeras", "Personal"]


def answers():
    """Give each Spanish answer: its text, and its stretches (start, end, by both)."""
    for line in SPANISH.splitlines():
        text, spans, begun = "", [], {}
        for letter in line:
            if letter in "*_":
                if letter in begun:
                    spans.append((begun.pop(letter), len(text), letter == "*"))
                else:
                    begun[letter] = len(text)
            else:
                text += letter
        yield text, spans


def project(path, ends="\n", shift=0, named=True, encoding="utf-8"):
    """Write the Spanish answers, coded by two people, as a REFI-QDA project."""
    guid = "00000000-0000-4000-8000-{:012d}".format
    names = ["Apoyo", "Apoyo/Compañeras", "Apoyo/Jefatura", "Descanso", "Personal", "Otro"]
    code = {name: guid(100 + n) for n, name in enumerate(names)}
    one = '<Code guid="{}" name="{}" isCodable="true">{}</Code>'.format
    inner = "".join(one(code[n], n.partition("/")[2], "") for n in names if "/" in n)
    tops = [n for n in names if "/" not in n]
    codes = "".join(one(code[n], n, inner if n == "Apoyo" else "") for n in tops)
    sources, members = [], {}
    for n, ((text, spans), theme) in enumerate(zip(answers(), THEMES, strict=True), start=1):
        before = f"Entrevista{ends}"
        text = before + text
        parts = []
        for start, end, both in spans:
            start, end = start + len(before), end + len(before)
            words = quoteattr(text[start:end] if named else f"Cita {n}")
            for coder in [1, 2] if both else [1]:
                parts.append(
                    f'<PlainTextSelection guid="{guid(10_000 * coder + 100 * n + start)}" '
                    f'name={words} startPosition="{start + shift}" endPosition="{end + shift}" '
                    f'creatingUser="{guid(coder)}"><Coding guid="{guid(n)}" '
                    f'creatingUser="{guid(coder)}"><CodeRef targetGUID="{code[theme]}"/>'
                    "</Coding></PlainTextSelection>"
                )
        sources.append(
            f'<TextSource guid="{guid(200 + n)}" name="Enfermera {n}" '
            f'plainTextPath="internal://{guid(200 + n)}.txt">{"".join(parts)}</TextSource>'
        )
        members[f"sources/{guid(200 + n)}.txt"] = text.encode(encoding)
    users = "".join(f'<User guid="{guid(n)}" name="{who}"/>' for n, who in [(1, "Ana"), (2, "Luz")])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "project.qde",
            '<?xml version="1.0" encoding="utf-8"?>\n<Project name="Turnos" '
            f'xmlns="urn:QDA-XML:project:1.0"><Users>{users}</Users><CodeBook><Codes>{codes}'
            f"</Codes></CodeBook><Sources>{''.join(sources)}</Sources></Project>",
        )
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def before_and_after(path, n=40):
    """Write the stress and calm of n people before and after a course, as a spreadsheet has it."""
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"case": [f"K{k}" for k in range(1, n + 1)]})
    people["unit"] = rng.choice(["north", "south"], n)
    people["stress_before"] = rng.integers(20, 40, n)
    people["stress_after"] = people["stress_before"] - rng.integers(-3, 9, n)
    people["calm_before"] = rng.integers(5, 20, n)
    people["calm_after"] = people["calm_before"] + rng.integers(-4, 5, n)
    people.to_csv(path, index=False)
    return people
