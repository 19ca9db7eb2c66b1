// The words of imports: what was found in a file, and which column is which.

export const imports = {
  fr: {
    columns: "Quelle colonne est quoi", columnNone: "(aucune)", columnsRead: "Lire ainsi", columnsOthers: "Les autres colonnes", columnsAside: "Ce que le fichier ne dit pas",
    columnsMissing: "Il manque : {names}. Dites quelle colonne c’est ; ce sera retenu pour les fichiers qui ont les mêmes titres.",
    importTemplate: "Télécharger un modèle", importRejects: "Télécharger les lignes refusées", importAdd: "Ajouter aux livraisons déjà annoncées", understood: "Compris",
    field_delivery_note: "Bon de livraison", field_supplier: "Fournisseur", field_gtin: "Code-barres (GTIN)", field_reference: "Référence", field_description: "Désignation", field_quantity: "Quantité", field_expected: "Attendue le",
    field_client: "Client", field_dock: "Quai", field_lot: "Lot", field_expires: "À utiliser avant", field_serials: "Numéros de série", field_sscc: "Palette (SSCC)", field_unit: "Unité", field_tracking: "Suivi", field_minimum: "Stock minimum",
    changesTitle: "Ce qui changera", changesNow: "Maintenant", changesNext: "Ensuite", changesNone: "Rien ne changera : tout y est déjà.", changesMore: "{n} {n|ligne montrée|lignes montrées} sur {all}, les premières.", changes_new: "Nouvelles", changes_changed: "Modifiées", changes_gone: "Retirées", changes_unchanged: "Inchangées", change_new: "nouveau", change_changed: "modifié", change_gone: "retiré",
    readHow: "Comment le fichier est lu", readHint: "C’est ce qui a été trouvé dans le fichier. Si ce n’est pas juste, choisissez : il sera relu.", read_separator: "Séparateur", read_encoding: "Encodage", read_decimal: "Décimales", read_separator_semicolon: "point-virgule", read_separator_comma: "virgule", read_separator_tab: "tabulation", read_separator_bar: "barre |", read_separator_none: "un autre", "read_encoding_utf-8": "UTF-8", "read_encoding_windows-1252": "Windows-1252", "read_encoding_utf-16": "UTF-16", read_encoding_none: "inconnu", read_decimal_none: "d’après chaque nombre", read_decimal_comma: "virgule (12,5)", read_decimal_point: "point (12.5)",
    field_carton_gtin: "Code-barres du carton", field_carton_quantity: "Pièces par carton", field_code: "Autre code", field_tag: "Étiquette", field_serial: "Numéro de série", field_company: "Société", field_name: "Nom", field_phone: "Téléphone", field_mobile: "Portable", field_phone2: "Autre téléphone",
  },
  en: {
    columns: "Which column is which", columnNone: "(none)", columnsRead: "Read it so", columnsOthers: "The other columns", columnsAside: "What the file does not say",
    columnsMissing: "Missing: {names}. Say which column it is; that is remembered for files with the same headings.",
    importTemplate: "Download a template", importRejects: "Download the refused rows", importAdd: "Add to deliveries that are known", understood: "Understood",
    field_delivery_note: "Delivery note", field_supplier: "Supplier", field_gtin: "Barcode (GTIN)", field_reference: "Reference", field_description: "Description", field_quantity: "Quantity", field_expected: "Expected on",
    field_client: "Client", field_dock: "Dock", field_lot: "Lot", field_expires: "Use by", field_serials: "Serial numbers", field_sscc: "Pallet (SSCC)", field_unit: "Unit", field_tracking: "Tracking", field_minimum: "Minimum stock",
    changesTitle: "What will change", changesNow: "Now", changesNext: "Will be", changesNone: "Nothing will change: all of it is there already.", changesMore: "{n} of {all} {all|row|rows} shown, the first ones.", changes_new: "New", changes_changed: "Changed", changes_gone: "Taken away", changes_unchanged: "Unchanged", change_new: "new", change_changed: "changed", change_gone: "taken away",
    readHow: "How the file is read", readHint: "This was found in the file. Where it is not right, choose: the file is read again.", read_separator: "Separator", read_encoding: "Encoding", read_decimal: "Decimals", read_separator_semicolon: "semicolon", read_separator_comma: "comma", read_separator_tab: "tab", read_separator_bar: "bar |", read_separator_none: "another", "read_encoding_utf-8": "UTF-8", "read_encoding_windows-1252": "Windows-1252", "read_encoding_utf-16": "UTF-16", read_encoding_none: "unknown", read_decimal_none: "as each number tells", read_decimal_comma: "comma (12,5)", read_decimal_point: "dot (12.5)",
    field_carton_gtin: "Barcode of the carton", field_carton_quantity: "Pieces a carton", field_code: "Other code", field_tag: "Tag", field_serial: "Serial number", field_company: "Company", field_name: "Name", field_phone: "Telephone", field_mobile: "Mobile", field_phone2: "Other telephone",
  },
};
