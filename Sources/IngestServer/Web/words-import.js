// The words of imports: what was found in a file, and which column is which.

export const imports = {
  fr: {
    columns: "Quelle colonne est quoi", columnNone: "(aucune)", columnsRead: "Lire ainsi", columnsOthers: "Les autres colonnes", columnsAside: "Ce que le fichier ne dit pas",
    columnsMissing: "Il manque : {names}. Dites quelle colonne c’est ; ce sera retenu pour les fichiers qui ont les mêmes titres.",
    importTemplate: "Télécharger un modèle", importRejects: "Télécharger les lignes refusées", importAdd: "Ajouter aux livraisons déjà annoncées", understood: "Compris",
    field_delivery_note: "Bon de livraison", field_supplier: "Fournisseur", field_gtin: "Code-barres (GTIN)", field_reference: "Référence", field_description: "Désignation", field_quantity: "Quantité", field_expected: "Attendue le",
    field_client: "Client", field_dock: "Quai", field_lot: "Lot", field_expires: "À utiliser avant", field_serials: "Numéros de série", field_sscc: "Palette (SSCC)", field_unit: "Unité", field_tracking: "Suivi", field_minimum: "Stock minimum",
    field_carton_gtin: "Code-barres du carton", field_carton_quantity: "Pièces par carton", field_code: "Autre code", field_tag: "Étiquette", field_serial: "Numéro de série", field_company: "Société", field_name: "Nom", field_phone: "Téléphone", field_mobile: "Portable", field_phone2: "Autre téléphone",
  },
  en: {
    columns: "Which column is which", columnNone: "(none)", columnsRead: "Read it so", columnsOthers: "The other columns", columnsAside: "What the file does not say",
    columnsMissing: "Missing: {names}. Say which column it is; that is remembered for files with the same headings.",
    importTemplate: "Download a template", importRejects: "Download the refused rows", importAdd: "Add to deliveries that are known", understood: "Understood",
    field_delivery_note: "Delivery note", field_supplier: "Supplier", field_gtin: "Barcode (GTIN)", field_reference: "Reference", field_description: "Description", field_quantity: "Quantity", field_expected: "Expected on",
    field_client: "Client", field_dock: "Dock", field_lot: "Lot", field_expires: "Use by", field_serials: "Serial numbers", field_sscc: "Pallet (SSCC)", field_unit: "Unit", field_tracking: "Tracking", field_minimum: "Minimum stock",
    field_carton_gtin: "Barcode of the carton", field_carton_quantity: "Pieces a carton", field_code: "Other code", field_tag: "Tag", field_serial: "Serial number", field_company: "Company", field_name: "Name", field_phone: "Telephone", field_mobile: "Mobile", field_phone2: "Other telephone",
  },
};
